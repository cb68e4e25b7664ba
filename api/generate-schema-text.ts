import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { SCHEMA_FILE } from './generate-web-types.ts'

export const SCHEMA_TEXT_FILE = fileURLToPath(new URL('./generated/schema-text.ts', import.meta.url))

/**
 * The text of `api/generated/schema-text.ts`: `api/schema.graphql` as a module, so that the bundle needs no extra file. To write it, run
 * `npx tsx api/generate-schema-text.ts`; a test checks that the file is current.
 */
export function generateSchemaText(schema: string): string {
  const escaped = schema.replace(/[\\`]|\$\{/g, (found) => `\\${found}`)
  return `/** Generated from api/schema.graphql by api/generate-schema-text.ts: do not edit. */\nexport const SCHEMA_TEXT = \`${escaped}\`\n`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  mkdirSync(dirname(SCHEMA_TEXT_FILE), { recursive: true })
  writeFileSync(SCHEMA_TEXT_FILE, generateSchemaText(readFileSync(SCHEMA_FILE, 'utf8')))
}
