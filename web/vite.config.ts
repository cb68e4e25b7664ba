import { fileURLToPath } from 'node:url'
import { svelte } from '@sveltejs/vite-plugin-svelte'
import { defineConfig } from 'vite'

/** Where `vite dev` finds the API: the page served by `npm start`. */
const API = 'http://localhost:8181'

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [svelte()],
  build: {
    outDir: fileURLToPath(new URL('../dist/web', import.meta.url)),
    emptyOutDir: true,
    target: 'es2022',
    modulePreload: { polyfill: false },
    // The content policy allows files only, so nothing may become a data: URL.
    assetsInlineLimit: 0,
  },
  server: { proxy: { '/graphql': { target: API, changeOrigin: false } } },
})
