import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

/** Which folder may import which. Folders meet at `index.ts`; tests may also use a folder's `testing/index.ts`. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  schemas: [],
  state: [],
  topology: ['state'],
  processors: ['schemas', 'topology'],
  api: ['schemas', 'processors', 'topology'],
  web: [],
  compose: ['schemas', 'state', 'topology', 'processors', 'api', 'web'],
}

const runtimeFolders = (...rooms: readonly string[]): readonly string[] => rooms.map((room) => `topology/runtime/${room}`)

/**
 * Inside `topology/` and `state/`: which inner folder may import which. They meet at `index.ts` too; files that lie directly in a parent folder
 * (`topology/errors.ts`, `runtime/wakeup.ts`) are open to all folders below it. Tests and `testing/` folders are free of this table.
 */
const INNER_MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  'state/leveldb': [],
  'state/memory': [],
  'state/stores': [],
  'topology/dsl': ['topology/graph', 'topology/operators'],
  'topology/graph': ['topology/operators'],
  'topology/operators': ['topology/broker'],
  'topology/topics': ['topology/broker', 'topology/graph'],
  'topology/broker': ['topology/broker/record-batch', 'topology/broker/embedded', 'topology/broker/kafka', 'topology/broker/faulty'],
  'topology/broker/record-batch': ['topology/broker/record-batch/compression'],
  'topology/broker/record-batch/compression': [],
  'topology/broker/embedded': ['topology/broker/record-batch'],
  'topology/broker/faulty': [],
  'topology/broker/kafka': ['topology/broker/record-batch', 'topology/broker/kafka/protocol'],
  'topology/broker/kafka/protocol': ['topology/broker/record-batch'],
  'topology/runtime': ['topology/broker', ...runtimeFolders('assignment', 'commit', 'dead-letters', 'instance', 'queries', 'state')],
  'topology/runtime/assignment': ['topology/broker', 'topology/graph'],
  'topology/runtime/commit': ['topology/broker', 'topology/topics'],
  'topology/runtime/dead-letters': ['topology/broker', 'topology/graph', 'topology/topics', 'topology/runtime/commit'],
  'topology/runtime/state': ['topology/broker', 'topology/graph', 'topology/topics'],
  'topology/runtime/task': ['topology/broker', 'topology/graph', 'topology/topics', ...runtimeFolders('commit', 'dead-letters', 'state')],
  'topology/runtime/queries': ['topology/broker', 'topology/graph', 'topology/topics', ...runtimeFolders('assignment', 'state', 'task')],
  'topology/runtime/instance': [
    'topology/broker',
    'topology/graph',
    'topology/topics',
    ...runtimeFolders('assignment', 'commit', 'dead-letters', 'queries', 'state', 'task'),
  ],
}

const COMPRESSION = 'topology/broker/record-batch/compression/'

/** Libraries that few folders may import: the chaos run's verifier reads what the engine wrote without the engine. */
const ONLY_IN: Readonly<Record<string, readonly string[]>> = {
  'classic-level': ['state/leveldb/', 'compose/chaos/verifier/'],
  snappy: [COMPRESSION],
  'lz4-napi': [COMPRESSION, 'compose/chaos/verifier/'],
  fzstd: [COMPRESSION],
  '@hpcc-js/wasm-zstd': [COMPRESSION],
  kafkajs: ['topology/broker/kafka/testing/bare-loop.ts'],
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
  if (!(to in MAY_IMPORT)) return undefined
  if (from === to) return wrongInnerFolder(file, target)
  if (!(MAY_IMPORT[from] ?? []).includes(to)) return `${from}/ may not import ${to}/`
  const isTest = isTestCode(file) || from === 'compose'
  const doors = isTest ? [`${to}/index.ts`, `${to}/testing/index.ts`] : [`${to}/index.ts`]
  return doors.includes(target) ? undefined : `only ${doors.join(' or ')} is open`
}

function wrongInnerFolder(file: string, target: string): string | undefined {
  if (isTestCode(file)) return undefined
  const [from, to] = [innerFolder(file), innerFolder(target)]
  if (from === to || to === undefined || isIn(dirname(file), dirname(target))) return undefined
  if (from === undefined) return target === `${to}/index.ts` ? undefined : `only ${to}/index.ts is open`
  const allowed = INNER_MAY_IMPORT[from] ?? []
  if (!allowed.includes(to)) return `${from}/ may not import ${to}/`
  return target === `${to}/index.ts` ? undefined : `only ${to}/index.ts is open`
}

/** The deepest folder of the table that the file lies in; undefined for files beside those folders. */
function innerFolder(file: string): string | undefined {
  return Object.keys(INNER_MAY_IMPORT)
    .filter((folder) => isIn(file, folder))
    .sort((a, b) => b.length - a.length)[0]
}

function isIn(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`)
}

function isTestCode(file: string): boolean {
  return /\.(test|contract)\.ts$|\/testing\//.test(file)
}

function wrongLibrary(file: string, specifier: string): string | undefined {
  const library = Object.keys(ONLY_IN).find((name) => specifier === name || specifier.startsWith(`${name}/`))
  const homes = library === undefined ? undefined : ONLY_IN[library]
  return homes === undefined || homes.some((home) => file.startsWith(home)) ? undefined : `${library} belongs to ${homes.join(', ')} alone`
}
