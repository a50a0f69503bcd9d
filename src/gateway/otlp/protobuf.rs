//! Protobuf, read field by field from the received bytes.
//!
//! `buffa` decodes tags and values, but not whole messages: decoding into structs of any kind would turn eight
//! megabytes of empty spans into a gigabyte of structs. Here a span exists only while it is being read.

use buffa::encoding::{Tag, WireType};
use buffa::types::{borrow_bytes, decode_fixed32, decode_fixed64, decode_uint64};
use buffa::{DecodeError, types};

/// The value of a field. Groups, which OTLP never had, are an error.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Field<'a> {
    Varint(u64),
    Fixed64(u64),
    Fixed32(u32),
    Bytes(&'a [u8]),
}

impl<'a> Field<'a> {
    /// Returns the bytes of a string or message; none of anything else.
    pub(super) const fn bytes(self) -> &'a [u8] {
        match self {
            Self::Bytes(bytes) => bytes,
            _ => &[],
        }
    }
}

/// Error: the bytes are not a protobuf message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Broken;

impl From<DecodeError> for Broken {
    fn from(_: DecodeError) -> Self {
        Self
    }
}

/// Iterator over the fields of a message, in the order of the bytes.
pub(super) struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    /// Creates an iterator over the fields of `message`.
    pub(super) const fn of(message: &'a [u8]) -> Self {
        Self(message)
    }

    fn field(&mut self) -> Result<(u32, Field<'a>), Broken> {
        let rest = &mut self.0;
        let tag = Tag::decode(rest)?;
        let value = match tag.wire_type() {
            WireType::Varint => Field::Varint(decode_uint64(rest)?),
            WireType::Fixed64 => Field::Fixed64(decode_fixed64(rest)?),
            WireType::LengthDelimited => Field::Bytes(borrow_bytes(rest)?),
            WireType::Fixed32 => Field::Fixed32(decode_fixed32(rest)?),
            _ => return Err(Broken),
        };
        Ok((tag.field_number(), value))
    }
}

impl<'a> Iterator for Fields<'a> {
    /// A field's number and value.
    type Item = Result<(u32, Field<'a>), Broken>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.is_empty() {
            return None;
        }
        let field = self.field();
        if field.is_err() {
            self.0 = &[];
        }
        Some(field)
    }
}

/// Appends a number field to `message`.
pub(super) fn put_number(message: &mut Vec<u8>, field: u32, number: u64) {
    types::put_uint64_field(field, number, message);
}

/// Appends a string or message field to `message`.
pub(super) fn put_bytes(message: &mut Vec<u8>, field: u32, bytes: &[u8]) {
    types::put_bytes_field(field, bytes, message);
}

#[cfg(test)]
mod tests {
    use buffa::encoding::MAX_FIELD_NUMBER;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_put_is_read(field in 1..=MAX_FIELD_NUMBER, number: u64, bytes: Vec<u8>) {
            let mut message = Vec::new();
            put_number(&mut message, field, number);
            put_bytes(&mut message, field, &bytes);
            let fields: Result<Vec<_>, _> = Fields::of(&message).collect();
            prop_assert_eq!(
                fields,
                Ok(vec![(field, Field::Varint(number)), (field, Field::Bytes(&bytes))])
            );
        }

        #[test]
        fn no_bytes_panic_and_reading_ends(bytes: Vec<u8>) {
            prop_assert!(Fields::of(&bytes).count() <= bytes.len());
        }
    }
}
