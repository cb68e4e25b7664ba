import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

/** Who may import whom. Folders meet at `index.ts`; tests may also use a folder's `testing/index.ts`. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  schemas: [],
  state: [],
  topology: ['state'],
  processors: ['schemas', 'topology'],
  api: ['schemas', 'processors', 'topology'],
  web: [],
  compose: ['schemas', 'state', 'topology', 'processors', 'api', 'web'],
}

/** Libraries that few folders may import: the chaos run's verifier reads what the engine wrote without the engine. */
const ONLY_IN: Readonly<Record<string, readonly string[]>> = {
  'classic-level': ['state/leveldb/', 'compose/chaos/verifier/'],
  kafkajs: [
    'topology/broker/kafka/connection.ts',
    'topology/broker/kafka/kafkajs-internals.d.ts',
    'topology/broker/kafka/testing/bare-loop.ts',
  ],
}

/** This file quotes forbidden imports. */
const OWN_EXAMPLES = 'compose/import-rules.test.ts'

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))
const SOURCES = Object.keys(MAY_IMPORT)
  .filter((folder) => existsSync(join(ROOT, folder)))
  .flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
      .filter((path) => /\.(ts|svelte)$/.test(path) && !path.includes('node_modules'))
      .map((path) => `${folder}/${path}`),
  )
  .filter((file) => file !== OWN_EXAMPLES)

describe('A folder', () => {
  it('imports only the folders the table allows, and those through their index.ts', () => {
    expect(SOURCES.flatMap((file) => wrongImports(file, readFileSync(join(ROOT, file), 'utf8')))).toEqual([])
  })
})

describe('The rule', () => {
  it.each([
    ['state/a.ts', `import { x } from '../topology/index.ts'`],
    ['topology/runtime/a.ts', `import { x } from '../../state/store.ts'`],
    ['topology/a.ts', `export { x } from '../state/leveldb/level-storage.ts'`],
    ['topology/runtime/a.ts', `import { ClassicLevel } from 'classic-level'`],
    ['topology/broker/embedded/a.ts', `const { Kafka } = await import('kafkajs')`],
    ['topology/runtime/a.ts', `import request from 'kafkajs/src/protocol/request'`],
    ['processors/a.ts', `import type { Api } from '../api/index.ts'`],
    ['api/a.ts', `import { driver } from '../topology/testing/index.ts'`],
    ['web/src/a.ts', `import { money } from '../../schemas/index.ts'`],
    ['schemas/a.ts', `import '../state/index.ts'`],
  ])('catches in %s: %s', (file, source) => {
    expect(wrongImports(file, source)).toHaveLength(1)
  })

  it.each([
    ['topology/runtime/a.ts', `import { Stores } from '../../state/index.ts'`],
    ['topology/runtime/a.test.ts', `import { faults } from '../../state/testing/index.ts'`],
    ['topology/testing/a.ts', `import { faults } from '../../state/testing/index.ts'`],
    ['state/leveldb/a.ts', `import { ClassicLevel } from 'classic-level'`],
    ['compose/a.ts', `import { createApi } from '../api/index.ts'`],
  ])('allows in %s: %s', (file, source) => {
    expect(wrongImports(file, source)).toEqual([])
  })
})

function wrongImports(file: string, source: string): readonly string[] {
  return specifiers(source).flatMap((specifier) => {
    const reason = specifier.startsWith('.') ? wrongFolder(file, normalize(join(dirname(file), specifier))) : wrongLibrary(file, specifier)
    return reason === undefined ? [] : [`${file} imports ${specifier}: ${reason}`]
  })
}

function specifiers(source: string): readonly string[] {
  const found = source.matchAll(/(?:\bfrom\s+|\bimport\s*\(\s*|^\s*import\s+)['"]([^'"]+)['"]/gm)
  return [...found].flatMap(([, specifier]) => (specifier === undefined ? [] : [specifier]))
}

function wrongFolder(file: string, target: string): string | undefined {
  const [from = '', to = ''] = [file.split('/')[0], target.split('/')[0]]
  if (from === to || !(to in MAY_IMPORT)) return undefined
  if (!(MAY_IMPORT[from] ?? []).includes(to)) return `${from}/ may not import ${to}/`
  const isTest = /\.(test|contract)\.ts$|\/testing\//.test(file) || from === 'compose'
  const doors = isTest ? [`${to}/index.ts`, `${to}/testing/index.ts`] : [`${to}/index.ts`]
  return doors.includes(target) ? undefined : `only ${doors.join(' or ')} is open`
}

function wrongLibrary(file: string, specifier: string): string | undefined {
  const library = Object.keys(ONLY_IN).find((name) => specifier === name || specifier.startsWith(`${name}/`))
  const homes = library === undefined ? undefined : ONLY_IN[library]
  return homes === undefined || homes.some((home) => file.startsWith(home)) ? undefined : `${library} belongs to ${homes.join(', ')} alone`
}
