import type { Fetcher, FetcherResult } from '@graphiql/toolkit';
import { getOperationAST, parse } from 'graphql';
import { createClient } from 'graphql-sse';

interface FetcherOptions {
  url: string;
  /** Asked at every request, so that a new key counts at once. */
  key: () => string;
  /** Whether the last answer accepted the key. */
  onAccess: (accepted: boolean) => void;
}

/** Queries and mutations over POST, subscriptions over SSE, one connection each. */
export function createFetcher({ url, key, onAccess }: FetcherOptions): Fetcher {
  const authorization = (): Record<string, string> => {
    const credential = key();
    return credential ? { authorization: `Bearer ${credential}` } : {};
  };
  const watched: typeof fetch = async (input, init) => {
    const response = await fetch(input, init);
    onAccess(response.status !== 401);
    return response;
  };
  const subscriptions = createClient({ url, headers: authorization, fetchFn: watched, retryAttempts: 3 });

  return async ({ query, variables, operationName: name }, options) => {
    const operationName = name ?? undefined;
    const headers = options?.headers as Record<string, string> | undefined;
    const document = options?.documentAST ?? parse(query);
    if (getOperationAST(document, operationName)?.operation === 'subscription') {
      return subscriptions.iterate({ query, variables, operationName }) as AsyncIterable<FetcherResult>;
    }
    const response = await watched(url, {
      method: 'POST',
      headers: {
        accept: 'application/graphql-response+json, application/json;q=0.9',
        'content-type': 'application/json',
        ...authorization(),
        ...headers,
      },
      body: JSON.stringify({ query, variables, operationName }),
    });
    const text = await response.text();
    try {
      return JSON.parse(text);
    } catch {
      return { errors: [{ message: `HTTP ${response.status}: ${text.slice(0, 500) || response.statusText}` }] };
    }
  };
}
