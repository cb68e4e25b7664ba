import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest'
import { KafkaBroker, systemPorts, type Broker } from '../../topology/index.ts'

const LAUNCHER = fileURLToPath(new URL('../launch.mjs', import.meta.url))
const UNREACHABLE = 'http://127.0.0.1:1'
const SEVERAL_RUNS_MS = 120_000

interface Run {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

let broker: Broker

beforeEach(async () => {
  broker = await KafkaBroker.open({ addresses: inject('kafka'), ports: systemPorts() })
  await deleteBankTopics()
})

afterEach(async () => {
  await deleteBankTopics()
  await broker.close()
})

async function deleteBankTopics(): Promise<void> {
  const names = (await broker.admin.describeTopics()).map(({ name }) => name)
  await broker.admin.deleteTopics(names.filter((name) => name.startsWith('bank-')))
}

function topics(...args: readonly string[]): Promise<Run> {
  const all = [LAUNCHER, 'topics', '--kafka', inject('kafka').join(), '--registry', inject('registry'), '--partitions', '2', ...args]
  return new Promise((resolve) => {
    const child = execFile(process.execPath, all, (_, stdout, stderr) => resolve({ code: child.exitCode ?? -1, stdout, stderr }))
  })
}

describe('npm run topics', () => {
  it(
    'exits with 0 only when nothing differs from the declaration',
    async () => {
      const planned = await topics('plan')
      expect(planned).toMatchObject({ code: 1, stderr: '' })
      expect(planned.stdout).toContain('+ bank-account-events: partitions=2, replicas=1, retention.ms=-1')
      expect((await broker.admin.describeTopics()).filter(({ name }) => name.startsWith('bank-'))).toEqual([])
      const applied = await topics('apply')
      expect(applied).toMatchObject({ code: 0, stderr: '' })
      expect(applied.stdout).toContain('Done: topics and schemas match the declaration.')
      await broker.admin.createTopics([{ name: 'bank-undeclared', partitions: 1 }])
      const foreign = await topics('apply')
      expect(foreign.code).toBe(1)
      expect(foreign.stdout).toMatch(/^problem: .*\bbank-undeclared\b.*--prune/m)
      const pruned = await topics('apply', '--prune', '--json')
      expect(pruned.code).toBe(0)
      expect(JSON.parse(pruned.stdout)).toMatchObject({ matches: true, done: { topics: [{ kind: 'delete', name: 'bank-undeclared' }] } })
    },
    SEVERAL_RUNS_MS,
  )

  it.each([
    [['plan', '--registry', UNREACHABLE], `The schema registry at ${UNREACHABLE} does not answer`],
    [['plan', '--kafka', 'nonsense'], 'Kafka’s addresses must look like host:9092,[::1]:9092.'],
    [['repair'], 'Allowed choices are plan, apply.'],
    [['plan', '--partitions', '0'], 'expected a whole number above 0.'],
  ])('prints one line that says what is wrong with %j', async (args, reason) => {
    const { code, stdout, stderr } = await topics(...args)
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain(reason)
    expect(stderr.trim().split('\n')).toHaveLength(1)
  })
})
