import { useGraphiQL, useGraphiQLActions, type GraphiQLPlugin } from '@graphiql/react';
import { examples, type Example } from '../examples';
import { ExamplesIcon } from './icons';

/** Ready-made operations for the main journeys; a click opens one in a tab. */
function Examples() {
  const { addTab, changeTab } = useGraphiQLActions();
  const tabs = useGraphiQL((state) => state.tabs);
  const queryEditor = useGraphiQL((state) => state.queryEditor);
  const variableEditor = useGraphiQL((state) => state.variableEditor);

  function open(example: Example) {
    const known = tabs.findIndex((tab) => tab.query === example.query);
    if (known >= 0) {
      changeTab(known);
      return;
    }
    addTab();
    queryEditor?.setValue(example.query);
    variableEditor?.setValue(example.variables ?? '');
  }

  return (
    <section className="panel" aria-label="Examples">
      <div className="panel-title">Examples</div>
      <ul className="panel-list">
        {examples.map((example) => (
          <li key={example.name}>
            <button type="button" className="panel-link" onClick={() => open(example)}>
              {example.name}
            </button>
            <p>{example.about}</p>
          </li>
        ))}
      </ul>
    </section>
  );
}

export const EXAMPLES_PLUGIN: GraphiQLPlugin = { title: 'Examples', icon: ExamplesIcon, content: Examples };
