import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';
import { parse } from 'yaml';

interface Term {
  term: string;
  slug: string;
  definition: string;
  status: 'planned' | 'live';
  coordinates?: string[];
}

/**
 * `virtual:glossary`: the terms of `schema/glossary.yaml`. A live term names its places in the API itself; for
 * those that are not there whole yet, `glossary.json` says which types they show in.
 */
const glossary: Plugin = {
  name: 'glossary',
  resolveId: (id) => (id === 'virtual:glossary' ? `\0${id}` : undefined),
  load(id) {
    if (id !== '\0virtual:glossary') return undefined;
    const [termsFile, typesFile] = ['../../schema/glossary.yaml', 'glossary.json'].map((path) => join(import.meta.dirname, path));
    this.addWatchFile(termsFile!);
    this.addWatchFile(typesFile!);
    const terms: Term[] = parse(readFileSync(termsFile!, 'utf8'));
    const types: Record<string, string[]> = JSON.parse(readFileSync(typesFile!, 'utf8'));
    const shown = terms.map(({ term, slug, definition, status, coordinates = [] }) => {
      const showsIn = Object.keys(types).filter((type) => types[type]!.includes(slug));
      return { term, slug, definition, status, coordinates: [...new Set([...coordinates, ...showsIn])] };
    });
    return `export default ${JSON.stringify(shown)}`;
  },
};

/** The gateway serves the bytes it was built with, so compress once, here, and not at every request. */
const gzip: Plugin = {
  name: 'gzip',
  apply: 'build',
  // What is written, not what is generated: Vite's own plugins still change the chunks after ours ran.
  writeBundle({ dir = '' }, bundle) {
    for (const name of Object.keys(bundle).filter((name) => /\.(js|css|svg|ttf)$/.test(name))) {
      const path = join(dir, name);
      writeFileSync(`${path}.gz`, gzipSync(readFileSync(path), { level: 9 }));
    }
  },
};

export default defineConfig({
  plugins: [glossary, gzip],
  // Monaco holds its language services in module state: two copies would not see each other.
  resolve: { dedupe: ['graphql', 'monaco-editor', 'monaco-graphql', 'react', 'react-dom'] },
  worker: { format: 'es' },
  build: {
    target: 'es2022',
    // No data: URLs, so that the Content-Security-Policy needs none.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 4096,
    // React's "use client" means nothing in a bundle for the browser.
    rolldownOptions: {
      onwarn: (warning, warn) => warning.code === 'MODULE_LEVEL_DIRECTIVE' || warn(warning),
    },
    license: { fileName: 'assets/licenses.md' },
  },
  server: { proxy: { '/graphql': 'http://127.0.0.1:4000' } },
});
