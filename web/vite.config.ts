import { fileURLToPath } from 'node:url'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vite'

/** `vite dev` proxies API requests to the bank that `npm start` runs. */
const API = 'http://localhost:8181'

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [svelte()],
  build: {
    outDir: fileURLToPath(new URL('../dist/web', import.meta.url)),
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: { polyfill: false },
    // The content security policy allows files only, so assets are never inlined as data: URLs.
    assetsInlineLimit: 0,
  },
  server: { proxy: { '/graphql': { target: API, changeOrigin: false } } },
})
