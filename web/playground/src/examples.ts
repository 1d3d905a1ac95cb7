import type { GraphiQLProps } from 'graphiql';

type Tab = NonNullable<GraphiQLProps['defaultTabs']>[number];

// Vite reads these calls as text: the options must be written out in each.
const queries = import.meta.glob<string>('../examples/*.graphql', { query: '?raw', import: 'default', eager: true });
const variables = import.meta.glob<string>('../examples/*.json', { query: '?raw', import: 'default', eager: true });

/** Each file in `examples/` is a tab, in the order of the names; `x.json` holds the variables of `x.graphql`. */
export const examples: Tab[] = Object.keys(queries)
  .sort()
  .map((path) => ({ query: queries[path] ?? '', variables: variables[path.replace(/graphql$/, 'json')] ?? null }));
