use tantivy::schema::{
    FAST, Field as IndexField, IndexRecordOption, STORED, STRING, Schema, TextFieldIndexing, TextOptions,
};

use crate::domain::document::Field;

/// The fields of the index. Text is cut into words by [`crate::domain::tokens`], so every field takes its
/// words as they are.
#[derive(Clone)]
pub struct Fields {
    /// One object of one workspace: what an update replaces.
    pub key: IndexField,
    pub workspace: IndexField,
    pub kind: IndexField,
    /// What permissions look at.
    pub owner: IndexField,
    pub country: IndexField,
    pub source: IndexField,
    pub industry: IndexField,
    /// The whole name as one word.
    pub whole: IndexField,
    words: [IndexField; Field::ALL.len()],
    /// The id in two halves: equal scores go newest first, the same in every index.
    pub id_high: IndexField,
    pub id_low: IndexField,
    /// What a hit shows, as JSON.
    pub stored: IndexField,
}

pub const ID_HIGH: &str = "id_high";
pub const ID_LOW: &str = "id_low";

impl Fields {
    pub fn schema() -> (Schema, Self) {
        let mut schema = Schema::builder();
        // Only whether a word is there counts: neither how often nor in how long a text.
        let words = TextFieldIndexing::default()
            .set_tokenizer("raw")
            .set_index_option(IndexRecordOption::Basic)
            .set_fieldnorms(false);
        let words = TextOptions::default().set_indexing_options(words);
        let fields = Self {
            key: schema.add_text_field("key", STRING),
            workspace: schema.add_text_field("workspace", STRING),
            kind: schema.add_text_field("kind", STRING),
            owner: schema.add_text_field("owner", STRING),
            country: schema.add_text_field("country", STRING),
            source: schema.add_text_field("source", STRING),
            industry: schema.add_text_field("industry", STRING),
            whole: schema.add_text_field("whole", words.clone()),
            words: Field::ALL.map(|field| schema.add_text_field(name(field), words.clone())),
            id_high: schema.add_u64_field(ID_HIGH, FAST),
            id_low: schema.add_u64_field(ID_LOW, FAST),
            stored: schema.add_text_field("stored", STORED),
        };
        (schema.build(), fields)
    }

    pub fn words(&self, field: Field) -> IndexField {
        self.words[field as usize]
    }
}

fn name(field: Field) -> &'static str {
    match field {
        Field::Name => "name",
        Field::Email => "email",
        Field::Company => "company",
        Field::Domain => "domain",
        Field::Title => "title",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_field_finds_its_own_words() {
        let (schema, fields) = Fields::schema();
        for field in Field::ALL {
            assert_eq!(schema.get_field_name(fields.words(field)), name(field));
        }
    }
}
