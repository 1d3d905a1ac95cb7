import { GraphiQL, HISTORY_PLUGIN } from 'graphiql';
import { DocExplorerStore } from '@graphiql/plugin-doc-explorer';
import { useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { useEffect, useMemo, useRef, useState, type FormEvent } from 'react';
import { firstTabs } from './examples';
import { createFetcher } from './fetcher';
import { keptKey, keepKey } from './key';
import { DOCS_PLUGIN } from './panels/docs';
import { EXAMPLES_PLUGIN } from './panels/examples';
import { FocusedTerm, GLOSSARY_PLUGIN } from './panels/glossary';
import logo from './favicon.svg';

export type Access = 'unknown' | 'accepted' | 'refused' | 'unreachable';

const PLUGINS = [EXAMPLES_PLUGIN, GLOSSARY_PLUGIN, HISTORY_PLUGIN];

export function Playground() {
  const [key, setKey] = useState(keptKey);
  const [access, setAccess] = useState<Access>('unknown');
  // One fetcher for the page's life, so that GraphiQL keeps its state when the key changes.
  const current = useRef(key);
  current.current = key;
  const [fetcher] = useState(() =>
    createFetcher({
      url: '/graphql',
      key: () => current.current,
      onAccess: setAccess,
    }),
  );
  const [term, setTerm] = useState<string | null>(null);
  const focusedTerm = useMemo(() => ({ slug: term, focus: setTerm }), [term]);

  function onKey(next: string) {
    keepKey(next);
    setAccess('unknown');
    setKey(next);
  }

  return (
    <div className="playground">
      <Header apiKey={key} access={access} onKey={onKey} />
      <FocusedTerm value={focusedTerm}>
        <GraphiQL
          fetcher={fetcher}
          defaultTabs={firstTabs}
          plugins={PLUGINS}
          referencePlugin={DOCS_PLUGIN}
          defaultEditorToolsVisibility="variables"
          // A key belongs into the field above: the headers of a tab are never stored.
          shouldPersistHeaders={false}
          showPersistHeadersSettings={false}
        >
          <GraphiQL.Logo>{null}</GraphiQL.Logo>
          {/* GraphiQL sets this up only for its own documentation panel. */}
          <DocExplorerStore>{null}</DocExplorerStore>
          <IntrospectAgain apiKey={key} />
          <VariablesOfTheFirstTab />
        </GraphiQL>
      </FocusedTerm>
    </div>
  );
}

function Header(props: { apiKey: string; access: Access; onKey: (key: string) => void }) {
  const [draft, setDraft] = useState(props.apiKey);
  const refused = props.access === 'refused';

  function submit(event?: FormEvent) {
    event?.preventDefault();
    const next = draft.trim();
    if (next !== props.apiKey) props.onKey(next);
  }

  return (
    <header className="playground-header">
      <img src={logo} alt="" width="24" height="24" />
      <h1>Pipewright</h1>
      <form onSubmit={submit} role="search" aria-label="Access">
        <label htmlFor="api-key">API key</label>
        <input
          id="api-key"
          type="password"
          value={draft}
          onChange={(event) => setDraft(event.target.value)}
          onBlur={() => submit()}
          placeholder="paste a key, press Enter"
          autoComplete="off"
          spellCheck={false}
          aria-invalid={refused}
          aria-describedby="api-key-state"
        />
        <output id="api-key-state" className={props.access}>
          {stateOf(props.access, props.apiKey)}
        </output>
      </form>
      {helpFor(props.access, props.apiKey) && (
        <p className="playground-help" role="alert">
          {helpFor(props.access, props.apiKey)}
        </p>
      )}
    </header>
  );
}

function stateOf(access: Access, key: string): string {
  if (access === 'refused') return key ? 'This key is not accepted.' : 'A key is needed.';
  if (access === 'unreachable') return 'No answer.';
  if (access === 'accepted' && key) return 'Accepted.';
  return '';
}

/** What to do about it. */
function helpFor(access: Access, key: string): string | null {
  const where = 'The first admin key was printed at the first start and is in admin.key in the data directory.';
  if (access === 'refused' && key) return `The key is unknown, expired or revoked: paste another. ${where}`;
  if (access === 'refused') return `Without a key nothing is answered: paste one above. ${where}`;
  if (access === 'unreachable') return 'The server does not answer: is it running? Your key was kept.';
  return null;
}

/** A new key may see another schema: ask for it again. The first time GraphiQL asks by itself. */
function IntrospectAgain({ apiKey }: { apiKey: string }) {
  const { introspect } = useGraphiQLActions();
  const asked = useRef(apiKey);
  useEffect(() => {
    if (asked.current !== apiKey) void introspect();
    asked.current = apiKey;
  }, [apiKey, introspect]);
  return null;
}

/** GraphiQL fills the variables' editor when a tab is changed, but not for the tab it starts with. */
function VariablesOfTheFirstTab() {
  const editor = useGraphiQL((state) => state.variableEditor);
  const variables = useGraphiQL((state) => state.tabs[state.activeTabIndex]?.variables);
  const done = useRef(false);
  useEffect(() => {
    if (!editor || done.current) return;
    done.current = true;
    if (variables && !editor.getValue()) editor.setValue(variables);
  }, [editor, variables]);
  return null;
}
