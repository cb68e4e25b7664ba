import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { generate, GENERATED_FILE } from './generate.ts'

it('The generated records match the schemas; run `npm run generate` if they do not', () => {
  expect(readFileSync(GENERATED_FILE, 'utf8')).toBe(generate())
})
