use serde::Serialize;
use tantivy::{IndexWriter, TantivyDocument, Term};

use super::{
    IndexError, SearchIndex, Writing,
    open::{payload, writer},
    workspace_term,
};
use crate::domain::{
    document::{Document, Field, Kind, Texts},
    tokens::{tokens, whole},
};

/// What a hit shows without asking the database.
#[derive(Serialize)]
struct Stored<'a> {
    kind: Kind,
    id: uuid::Uuid,
    texts: &'a Texts,
}

impl SearchIndex {
    /// Empties the index and lets it belong to `generation` of the document table.
    pub fn start_over(&self, generation: &str) -> Result<(), IndexError> {
        let mut writing = self.writing();
        self.commit(&mut writing, Some(generation), |writer| {
            writer.delete_all_documents()?;
            Ok(())
        })
    }

    /// Replaces these documents, all or none, and shows them to the next search. Done twice, it changes
    /// nothing.
    pub fn write(&self, documents: &[Document]) -> Result<(), IndexError> {
        let mut writing = self.writing();
        self.commit(&mut writing, None, |writer| {
            for document in documents {
                writer.delete_term(Term::from_field_text(self.fields.key, &key(document)));
                writer.add_document(self.to_index(document)?)?;
            }
            Ok(())
        })
    }

    fn commit(
        &self,
        writing: &mut Writing,
        generation: Option<&str>,
        change: impl FnOnce(&mut IndexWriter) -> Result<(), IndexError>,
    ) -> Result<(), IndexError> {
        let generation = generation.map(str::to_owned).or_else(|| writing.generation.clone());
        // Taken out, and put back only when all went well.
        let mut writer = match writing.writer.take() {
            Some(writer) => writer,
            None => writer(&self.index)?,
        };
        change(&mut writer)?;
        let mut prepared = writer.prepare_commit()?;
        if let Some(generation) = &generation {
            prepared.set_payload(&payload(generation));
        }
        prepared.commit()?;
        writing.writer = Some(writer);
        writing.generation = generation;
        self.reader.reload()?;
        Ok(())
    }

    fn to_index(&self, document: &Document) -> Result<TantivyDocument, IndexError> {
        let Document { workspace, kind, id, version: _, texts, traits, revision: _ } = document;
        let fields = &self.fields;
        let mut entry = TantivyDocument::default();
        entry.add_text(fields.key, key(document));
        entry.add_text(fields.workspace, workspace_term(*workspace));
        entry.add_text(fields.kind, kind.as_str());
        if let Some(owner) = traits.owner {
            entry.add_text(fields.owner, owner.to_string());
        }
        for (field, value) in
            [(fields.country, &traits.country), (fields.source, &traits.source), (fields.industry, &traits.industry)]
        {
            if let Some(value) = value {
                entry.add_text(field, value);
            }
        }
        entry.add_text(fields.whole, whole(&texts.name));
        for field in Field::ALL {
            for token in tokens(field, texts.get(field)) {
                entry.add_text(fields.words(field), token.text);
            }
        }
        let (high, low) = id.as_u64_pair();
        entry.add_u64(fields.id_high, high);
        entry.add_u64(fields.id_low, low);
        let stored = serde_json::to_string(&Stored { kind: *kind, id: *id, texts }).map_err(IndexError::Stored)?;
        entry.add_text(fields.stored, stored);
        Ok(entry)
    }
}

fn key(document: &Document) -> String {
    format!("{} {} {}", workspace_term(document.workspace), document.kind.as_str(), document.id)
}
