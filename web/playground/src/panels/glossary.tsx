import { useDocExplorerActions } from '@graphiql/plugin-doc-explorer';
import { useGraphiQL, useGraphiQLActions, type GraphiQLPlugin } from '@graphiql/react';
import { createContext, useContext, useEffect, useRef, useState } from 'react';
import terms, { type Term } from 'virtual:glossary';
import { GlossaryIcon } from './icons';

/** The term that the glossary points at, by its slug. */
export const FocusedTerm = createContext<{ slug: string | null; focus: (slug: string | null) => void }>({
  slug: null,
  focus: () => {},
});

/** The terms that show in a type, or in one of its fields. */
export function termsOf(type: string): Term[] {
  return terms.filter(({ coordinates }) => coordinates.some((place) => place.split('.')[0] === type));
}

/** Every term of `schema/glossary.yaml`, with the types it shows in. */
function Glossary() {
  const { slug, focus } = useContext(FocusedTerm);
  const [wanted, setWanted] = useState('');
  const focused = useRef<HTMLLIElement>(null);
  // In braces: newer browsers give a promise back, and React would take it for the effect's cleaning up.
  useEffect(() => {
    focused.current?.scrollIntoView({ block: 'nearest' });
  }, [slug]);

  const needle = wanted.trim().toLowerCase();
  const found = terms.filter(({ term, definition }) => `${term} ${definition}`.toLowerCase().includes(needle));
  return (
    <section className="panel" aria-label="Glossary">
      <div className="panel-title">Glossary</div>
      <input
        type="search"
        className="panel-search"
        placeholder="Find a term"
        aria-label="Find a term"
        value={wanted}
        onChange={(event) => {
          setWanted(event.target.value);
          focus(null);
        }}
      />
      <ul className="panel-list">
        {found.map((term) => (
          <li key={term.slug} ref={term.slug === slug ? focused : undefined} aria-current={term.slug === slug}>
            <strong>{term.term}</strong> <span className={`status ${term.status}`}>{progressOf(term)}</span>
            <p>{term.definition}</p>
            {term.coordinates.length > 0 && (
              <p className="places">
                {term.coordinates.map((place) => (
                  <Place key={place} place={place} />
                ))}
              </p>
            )}
          </li>
        ))}
        {found.length === 0 && <li>No term says so.</li>}
      </ul>
    </section>
  );
}

/** A planned term that shows somewhere is there in part. */
function progressOf({ status, coordinates }: Term): string {
  return status === 'planned' && coordinates.length > 0 ? 'in part' : status;
}

/** A link to the documentation of `Type` or `Type.field`. */
function Place({ place }: { place: string }) {
  const schema = useGraphiQL((state) => state.schema);
  const referencePlugin = useGraphiQL((state) => state.referencePlugin);
  const { setVisiblePlugin } = useGraphiQLActions();
  const { push, reset } = useDocExplorerActions();
  const [typeName = '', fieldName] = place.split('.');
  const type = schema?.getType(typeName);
  if (!type) return <code>{place}</code>;

  function open() {
    if (!type) return;
    reset();
    push({ name: type.name, def: type });
    const field = fieldName && 'getFields' in type ? type.getFields()[fieldName] : undefined;
    if (field) push({ name: field.name, def: field });
    setVisiblePlugin(referencePlugin);
  }
  return (
    <button type="button" className="panel-link" onClick={open}>
      {place}
    </button>
  );
}

export const GLOSSARY_PLUGIN: GraphiQLPlugin = { title: 'Glossary', icon: GlossaryIcon, content: Glossary };
