import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { generateSchemaText, SCHEMA_TEXT_FILE } from './generate-schema-text.ts'
import { SCHEMA_FILE } from './generate-web-types.ts'

it('The generated text of the schema is current', () => {
  expect(readFileSync(SCHEMA_TEXT_FILE, 'utf8')).toBe(generateSchemaText(readFileSync(SCHEMA_FILE, 'utf8')))
})
