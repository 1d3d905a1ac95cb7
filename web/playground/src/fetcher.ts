import type { Fetcher, FetcherResult } from '@graphiql/toolkit';
import { getOperationAST, parse } from 'graphql';
import { createClient } from 'graphql-sse';

interface FetcherOptions {
  url: string;
  /** Asked at every request, so that a new key counts at once. */
  key: () => string;
  /** What became of the key at the last request. */
  onAccess: (access: 'accepted' | 'refused' | 'unreachable') => void;
}

/** Queries and mutations over POST, subscriptions over SSE, one connection each. */
export function createFetcher({ url, key, onAccess }: FetcherOptions): Fetcher {
  const authorization = (): Record<string, string> => {
    const credential = key();
    return credential ? { authorization: `Bearer ${credential}` } : {};
  };
  const watched: typeof fetch = async (input, init) => {
    try {
      const response = await fetch(input, init);
      onAccess(response.status === 401 ? 'refused' : 'accepted');
      return response;
    } catch (error) {
      // Stopping a request is no fault of the server's.
      if (!init?.signal?.aborted) onAccess('unreachable');
      throw error;
    }
  };
  const subscriptions = createClient({ url, headers: authorization, fetchFn: watched, retryAttempts: 3 });

  return async ({ query, variables, operationName: name }, options) => {
    const operationName = name ?? undefined;
    const headers = options?.headers as Record<string, string> | undefined;
    const document = options?.documentAST ?? parse(query);
    if (getOperationAST(document, operationName)?.operation === 'subscription') {
      return subscriptions.iterate({ query, variables, operationName }) as AsyncIterable<FetcherResult>;
    }
    const ask = () =>
      watched(url, {
        method: 'POST',
        headers: {
          accept: 'application/graphql-response+json, application/json;q=0.9',
          'content-type': 'application/json',
          ...authorization(),
          ...headers,
        },
        body: JSON.stringify({ query, variables, operationName }),
      });
    const presented = key();
    const first = await ask();
    // A key that came meanwhile counts: or the refusal of none would stand there after the schema has come.
    const response = first.status === 401 && key() !== presented ? await ask() : first;
    const text = await response.text();
    try {
      return JSON.parse(text);
    } catch {
      return { errors: [{ message: `HTTP ${response.status}: ${text.slice(0, 500) || response.statusText}` }] };
    }
  };
}
