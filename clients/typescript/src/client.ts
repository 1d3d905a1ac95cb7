import type { TypedDocumentString } from './gql/graphql.js';

interface GraphQLError {
  message: string;
  path?: (string | number)[];
  extensions?: { code?: string };
}

/** The API refused, or could not answer in full. */
export class ApiError extends Error {
  constructor(readonly errors: GraphQLError[]) {
    super(errors.map(({ message, extensions }) => `${message} (${extensions?.code ?? 'no code'})`).join('; '));
  }
}

export type Request = <Result, Variables>(
  document: TypedDocumentString<Result, Variables>,
  variables: Variables,
) => Promise<Result>;

/** Asks one server with one key. The result has the type of the document. */
export function createClient({ url, key }: { url: string; key: string }): Request {
  return async (document, variables) => {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: {
        accept: 'application/graphql-response+json',
        authorization: `Bearer ${key}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ query: document.toString(), variables }),
    });
    const { data, errors } = await response.json();
    if (errors) throw new ApiError(errors);
    return data;
  };
}

/** From `PIPEWRIGHT_URL` and `PIPEWRIGHT_KEY`. */
export function clientOfTheEnvironment(): Request {
  const key = process.env['PIPEWRIGHT_KEY'];
  if (!key) throw new Error('PIPEWRIGHT_KEY is not set: it is the API key');
  return createClient({ url: process.env['PIPEWRIGHT_URL'] ?? 'http://127.0.0.1:4000', key });
}
