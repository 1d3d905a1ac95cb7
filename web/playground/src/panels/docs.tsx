import { DOC_EXPLORER_PLUGIN, DocExplorer, useDocExplorer } from '@graphiql/plugin-doc-explorer';
import { DocsFilledIcon, DocsIcon, useGraphiQL, useGraphiQLActions, type GraphiQLPlugin } from '@graphiql/react';
import { isNamedType } from 'graphql';
import { useContext } from 'react';
import { FocusedTerm, GLOSSARY_PLUGIN, termsOf } from './glossary';

/** GraphiQL's documentation, and under a type the terms of the glossary that show in it. */
function Docs() {
  return (
    <div className="docs">
      <DocExplorer />
      <TermsOfTheType />
    </div>
  );
}

function TermsOfTheType() {
  const stack = useDocExplorer();
  const { setVisiblePlugin } = useGraphiQLActions();
  const { focus } = useContext(FocusedTerm);
  const here = stack.at(-1)?.def;
  const terms = here && isNamedType(here) ? termsOf(here.name) : [];
  if (terms.length === 0) return null;

  function open(slug: string) {
    focus(slug);
    setVisiblePlugin(GLOSSARY_PLUGIN);
  }
  return (
    <section className="docs-terms" aria-label="In the glossary">
      <h2>In the glossary</h2>
      <ul>
        {terms.map((term) => (
          <li key={term.slug}>
            <button type="button" className="panel-link" onClick={() => open(term.slug)}>
              {term.term}
            </button>
            <p>{term.definition}</p>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Icon() {
  const open = useGraphiQL((state) => state.visiblePlugin === DOCS_PLUGIN);
  return open ? <DocsFilledIcon /> : <DocsIcon />;
}

export const DOCS_PLUGIN: GraphiQLPlugin = { title: DOC_EXPLORER_PLUGIN.title, icon: Icon, content: Docs };
