import type { GraphiQLProps } from 'graphiql';

type Tab = NonNullable<GraphiQLProps['defaultTabs']>[number];

export interface Example {
  name: string;
  /** The comment that the file begins with. */
  about: string;
  query: string;
  variables: string | null;
}

// Vite reads these calls as text: the options must be written out in each.
const queries = import.meta.glob<string>('../examples/*.graphql', { query: '?raw', import: 'default', eager: true });
const variables = import.meta.glob<string>('../examples/*.json', { query: '?raw', import: 'default', eager: true });

/** The files of `examples/`, in the order of their names; `x.json` holds the variables of `x.graphql`. */
export const examples: Example[] = Object.keys(queries)
  .sort()
  .map((path) => {
    const query = queries[path] ?? '';
    return {
      name: nameOf(path),
      about: commentOf(query),
      query,
      variables: variables[path.replace(/graphql$/, 'json')] ?? null,
    };
  });

/** The tabs of the first visit; the others wait in the panel. */
export const firstTabs: Tab[] = examples.slice(0, 4).map(({ query, variables }) => ({ query, variables }));

/** `../examples/2-why-this-owner.graphql` is `Why this owner`. */
function nameOf(path: string): string {
  const words = path.replace(/^.*\/\d+-/, '').replace(/\.graphql$/, '').replaceAll('-', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function commentOf(query: string): string {
  const lines = query.split('\n');
  const end = lines.findIndex((line) => !line.startsWith('#'));
  return lines
    .slice(0, end < 0 ? lines.length : end)
    .map((line) => line.replace(/^#\s?/, ''))
    .join(' ');
}
