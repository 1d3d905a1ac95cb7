/** Made by `vite.config.ts` from `schema/glossary.yaml` and `glossary.json`. */
declare module 'virtual:glossary' {
  export interface Term {
    term: string;
    slug: string;
    definition: string;
    status: 'planned' | 'live';
    /** Where it shows in the API: names of types, or `Type.field`. */
    coordinates: string[];
  }
  const terms: Term[];
  export default terms;
}
