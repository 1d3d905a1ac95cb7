import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

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
  plugins: [gzip],
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
