import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { skipReason } from './catalogue.ts'
import { OWN_VECTORS, runConformance } from './run-conformance.ts'
import { readVectors } from './vectors.ts'

describe('replaying recorded behaviour of Kafka Streams', () => {
  let dir: string
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'conformance-'))
  })
  afterEach(() => rm(dir, { recursive: true }))

  const run = async (from?: string) => {
    const lines: string[] = []
    const exitCode = await runConformance({ ...(from !== undefined && { dir: from }), write: (line) => lines.push(line) })
    return { exitCode, lines }
  }

  const count = {
    format: 1,
    kafka: '4.3.1',
    seed: 0,
    topology: 'group-count',
    cases: [
      {
        case: 'group-count#0',
        params: { by: 'key' },
        inputs: [['in', 'a', 'x', 5]],
        outputs: { out: [['a', 1, 5, 0]] },
        stores: { store: [['a', 1, 5]] },
      },
    ],
  }
  const write = (name: string, file: unknown) => writeFile(join(dir, name), typeof file === 'string' ? file : JSON.stringify(file))
  const changed = (change: object) => ({ ...count, cases: [{ ...count.cases[0], ...change }] })

  it('passes every recorded case that is not skipped', { timeout: 240_000 }, async () => {
    const { exitCode, lines } = await run()
    expect(lines.filter((line) => line.includes('FAILED') || line.startsWith(' '))).toEqual([])
    expect(lines.at(-1)).toMatch(/^\d+ passed, 0 failed, \d+ skipped$/)
    expect(exitCode).toBe(0)
  })

  it('skips no case of the operators that are implemented', async () => {
    const implemented =
      /^(stateless|group-.*|join-own-count|repartition|table-source|stream-totable|window-tumbling|window-hopping|stream-table-join|stream-global-join|stream-stream-join|punctuate|process-values|versioned-store|table-table-join|table-join-.*|window-sliding|suppress-table|suppress-group|cogroup)$/
    const isUnimplemented = (topology: string, params: object) =>
      'cache' in params || ('emit' in params && params.emit === 'close') || ('historyMs' in params && topology !== 'versioned-store')
    const skipped = (await readVectors(OWN_VECTORS)).flatMap(({ topology, cases }) =>
      implemented.test(topology)
        ? cases.filter(({ params }) => !isUnimplemented(topology, params) && skipReason(topology, params) !== undefined)
        : [],
    )
    expect(skipped).toEqual([])
  })

  it('accepts a folder of uncompressed files and counts the cases', async () => {
    await write('group-count.json', count)
    expect(await run(dir)).toEqual({ exitCode: 0, lines: ['group-count 1/1', '1 passed, 0 failed, 0 skipped'] })
  })

  it('reports the first difference in an output, with its input step', async () => {
    await write('group-count.json', changed({ outputs: { out: [['a', 2, 5, 0]] } }))
    expect(await run(dir)).toEqual({
      exitCode: 1,
      lines: [
        'group-count 0/1  1 FAILED',
        '  group-count#0 {"by":"key"}',
        '    output "out", row 0 (step 0: ["in","a","x",5])',
        '      expected ["a",2,5,0]',
        '      received ["a",1,5,0]',
        '0 passed, 1 failed, 0 skipped',
      ],
    })
  })

  it.each([
    [
      'a missing output',
      {
        outputs: {
          out: [
            ['a', 1, 5, 0],
            ['a', 2, 5, 0],
          ],
        },
      },
    ],
    ['an unexpected output', { outputs: {} }],
    ['a wrong input step', { outputs: { out: [['a', 1, 5, 1]] } }],
    [
      'a missing row of a store',
      {
        stores: {
          store: [
            ['a', 1, 5],
            ['b', 1, 5],
          ],
        },
      },
    ],
    ['an unexpected row of a store', { stores: { store: [] } }],
    ['a missing store', { stores: { other: [] } }],
    ['a topology that throws', { params: { by: 'unknown' } }],
  ])('detects %s', async (_, change) => {
    await write('group-count.json', changed(change))
    expect((await run(dir)).exitCode).toBe(1)
  })

  it('fails for a folder without vectors and for a damaged file', async () => {
    expect((await run(dir)).exitCode).toBe(1)
    await write('group-count.json', '{"format":2}')
    await expect(run(dir)).rejects.toThrow('holds no vectors of format 1')
  })
})
