import { GraphiQL } from 'graphiql';
import { useGraphiQL, useGraphiQLActions } from '@graphiql/react';
import { useEffect, useRef, useState, type FormEvent } from 'react';
import { examples } from './examples';
import { createFetcher } from './fetcher';
import { keptKey, keepKey } from './key';
import logo from './favicon.svg';

type Access = 'unknown' | 'accepted' | 'refused';

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
      onAccess: (accepted) => setAccess(accepted ? 'accepted' : 'refused'),
    }),
  );

  function onKey(next: string) {
    keepKey(next);
    setAccess('unknown');
    setKey(next);
  }

  return (
    <div className="playground">
      <Header apiKey={key} access={access} onKey={onKey} />
      <GraphiQL
        fetcher={fetcher}
        defaultTabs={examples}
        defaultEditorToolsVisibility="variables"
        // A key belongs into the field above: the headers of a tab are never stored.
        shouldPersistHeaders={false}
        showPersistHeadersSettings={false}
      >
        <GraphiQL.Logo>{null}</GraphiQL.Logo>
        <IntrospectAgain apiKey={key} />
        <VariablesOfTheFirstTab />
      </GraphiQL>
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
    </header>
  );
}

function stateOf(access: Access, key: string): string {
  if (access === 'refused') return key ? 'This key is not accepted.' : 'A key is needed.';
  if (access === 'accepted' && key) return 'Accepted.';
  return '';
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
