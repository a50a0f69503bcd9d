//! The tools that a request offers: their names, and what the model is told about them.

use crate::domain::{Sensitive, Tool};
use crate::json::Node;

/// Levels of a tool's schema that are searched for descriptions.
const DEPTH_MAX: usize = 12;

/// Reads the tools offered: a list of names or of definitions in the form of any API, or an object that holds one.
pub(crate) fn tools(node: &Node<'_>) -> Vec<Tool> {
    let node = match node {
        Node::Object(_) => node.get("tools"),
        list => list,
    };
    let mut read = Vec::new();
    for item in node.items() {
        // Gemini lists declarations inside each item.
        let declared = item.first(&["functionDeclarations", "function_declarations"]);
        if declared.items().is_empty() {
            read.extend(tool(item));
        } else {
            read.extend(declared.items().iter().filter_map(tool));
        }
    }
    read
}

fn tool(node: &Node<'_>) -> Option<Tool> {
    if let Node::Text(name) = node {
        return (!name.is_empty()).then(|| Tool::from(name.as_ref()));
    }
    let definition = node.first(&["function", "toolSpec", "custom"]);
    let name = definition.get("name").name();
    let name = name.or_else(|| node.first(&["name", "type"]).name())?;
    let mut words = Vec::new();
    descriptions(node, DEPTH_MAX, &mut words);
    let description = words.join("\n");
    Some(Tool {
        name,
        description: (!description.is_empty()).then(|| Sensitive::new(description)),
    })
}

/// Collects every description inside a definition, those of its parameters included.
fn descriptions<'n>(node: &'n Node<'_>, depth: usize, words: &mut Vec<&'n str>) {
    match node {
        Node::Object(fields) if depth > 0 => {
            for (name, value) in fields {
                match value.text() {
                    Some(text) if name == "description" && !text.is_empty() => words.push(text),
                    _ => descriptions(value, depth - 1, words),
                }
            }
        }
        Node::List(items) if depth > 0 => {
            for item in items {
                descriptions(item, depth - 1, words);
            }
        }
        _ => {}
    }
}
