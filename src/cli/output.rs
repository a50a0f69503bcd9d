//! Output files of commands: never one of the inputs, never half of one.

use std::path::{Path, PathBuf};

use anyhow::bail;

use super::terminal::hint;

/// Checks that the output is none of the inputs; `flag` is how the command names the output.
///
/// # Errors
/// If it is, under whatever name.
pub(super) fn apart<'p>(
    flag: &str,
    output: &Path,
    inputs: impl IntoIterator<Item = &'p PathBuf>,
) -> anyhow::Result<()> {
    let Some(place) = place(output) else {
        return Ok(());
    };
    for input in inputs {
        if self::place(input).as_ref() == Some(&place) {
            hint("give the output a name of its own");
            bail!(
                "{flag} {}: expected another file, got one of the inputs",
                output.display()
            );
        }
    }
    Ok(())
}

/// Checks that two outputs do not go to the same place.
///
/// # Errors
/// If both are one file, or both are standard output.
pub(super) fn two_places(first: (&str, &Path), second: (&str, &Path)) -> anyhow::Result<()> {
    let standard = Path::new("-");
    let both = format!("{} and {}", first.0, second.0);
    if first.1 == standard && second.1 == standard {
        hint("one of them can be `-`; give the other a file");
        bail!("{both}: expected one on standard output, got both");
    }
    let places = (place(first.1), place(second.1));
    if places.0.is_some() && places.0 == places.1 {
        bail!(
            "{both}: expected two files, got {} twice",
            first.1.display()
        );
    }
    Ok(())
}

/// Returns the one path of a file, whatever name leads to it; `None` for what is no file, such as a stream or a device.
fn place(path: &Path) -> Option<PathBuf> {
    if path == Path::new("-") || path.metadata().is_ok_and(|found| !found.is_file()) {
        return None;
    }
    if let Ok(place) = path.canonicalize() {
        return Some(place);
    }
    let folder = path.parent().filter(|folder| *folder != Path::new(""));
    let folder = folder.unwrap_or(Path::new(".")).canonicalize().ok()?;
    Some(folder.join(path.file_name()?))
}
