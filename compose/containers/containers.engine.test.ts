import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runTool } from '../kafka/run-tool.ts'
import { ContainerBank } from './testing/container-bank.ts'
import { Customer } from './testing/customer.ts'
import { Engine } from './testing/engine.ts'

const DIRECTORY = process.env['BOB_CONTAINERS'] ?? ''
const FILES = join(DIRECTORY, 'project/compose/containers')
const URL = 'http://127.0.0.1:8181'
const START_TIMEOUT_MS = 400_000
/** Exit code of a JVM that ended itself after SIGTERM. */
const TERMINATED = 143
const JAVA_SERVICES = /_(kafka-\d|registry)_/

const engine = new Engine(DIRECTORY)

beforeAll(async () => {
  await engine.start()
  await runTool(join(FILES, 'secrets.sh'), [])
}, START_TIMEOUT_MS)

afterAll(() => engine.stop(), START_TIMEOUT_MS)

describe('21.8 The image of the bank', () => {
  const inImage = (script: string) => engine.docker('run', '--rm', '--network', 'none', '--entrypoint', 'sh', 'bob:ci', '-c', script)

  it('contains the commands that services run, and neither benches nor source maps', async () => {
    const files = (await inImage('ls dist/commands')).split('\n')
    expect(files.filter((name) => !name.startsWith('chunk-') && !/-[A-Z\d]{8}\.js$/.test(name))).toEqual([
      'access.js',
      'bob.js',
      'topics.js',
    ])
    expect(files.filter((name) => name.endsWith('.map'))).toEqual([])
  })

  it('contains the packages of the commands, and nothing that only builds', async () => {
    const packages = (await inImage('ls node_modules')).split('\n')
    expect(packages).toEqual(expect.arrayContaining(['classic-level', 'fastify', 'graphql']))
    for (const name of ['esbuild', 'rolldown', 'svelte', 'typescript', 'vite', 'vitest']) expect(packages).not.toContain(name)
  })

  it('runs the version of Node that its base names', async () => {
    expect(await inImage('node --version')).toBe(`v${/FROM node:([\d.]+)/.exec(await readFile(join(FILES, 'Dockerfile'), 'utf8'))?.[1]}`)
  })
})

/** The tests build on each other. */
describe.each([
  { variant: 'plain', overrides: [], oneShots: ['topics'] },
  { variant: 'secured', overrides: ['compose.secure.yaml'], oneShots: ['access', 'topics'] },
])('21.8 The containers of the $variant bank', ({ variant, overrides, oneShots }) => {
  const bank = new ContainerBank({ engine, files: FILES, project: variant, overrides })
  let customer: Customer

  const restarts = async () => (await bank.containers()).map(({ Name, RestartCount }) => [Name, RestartCount])
  const exitCodes = async (service?: string) => (await bank.containers(service)).map(({ Name, State }) => [Name, State.ExitCode])

  const firstOf = async (service: string) => {
    const [first] = await bank.running(service)
    if (first === undefined) throw new RangeError(`No container of ${service} runs.`)
    return first
  }

  afterAll(() => bank.down(), START_TIMEOUT_MS)

  it(
    'start',
    async () => {
      await bank.up()
      await expect.poll(() => bank.running(), { timeout: 60_000, interval: 500 }).toHaveLength(10)
      for (const service of oneShots) expect(await exitCodes(service)).toEqual([[`/${variant}_${service}_1`, 0]])
    },
    START_TIMEOUT_MS,
  )

  it('execute a transfer that is sent through nginx', async () => {
    customer = await Customer.signUp(URL)
    await customer.transfer()
  })

  it('run as unprivileged users without capabilities, on a root that is not writable', async () => {
    for (const container of await bank.running()) {
      const status = await bank.sh(container, 'if touch /here 2>/dev/null; then echo writable; fi; cat /proc/1/status')
      expect([container.Name, status]).toEqual([container.Name, expect.stringMatching(/^Uid:\t(?!0\t)\d+\t(?!0\t)\d+/m)])
      expect(status).not.toContain('writable')
      expect(status).toMatch(/^CapBnd:\t0+$/m)
      expect(status).toMatch(/^NoNewPrivs:\t1$/m)
    }
  })

  it('write logs to the engine alone, which rotates them', async () => {
    for (const container of await bank.running()) {
      expect([container.Name, await bank.sh(container, 'find /tmp -name "*.log*"')]).toEqual([container.Name, ''])
      expect(container.HostConfig.LogConfig).toEqual({ Type: 'json-file', Config: { 'max-file': '3', 'max-size': '10m' } })
    }
    expect(await engine.logs(`${variant}_kafka-1_1`)).toContain('Kafka Server started')
  })

  it('have no volume without a name', async () => {
    expect((await engine.docker('volume', 'ls', '--quiet')).split('\n').sort()).toEqual(
      ['kafka-1', 'kafka-2', 'kafka-3', 'processors'].map((name) => `${variant}_${name}`),
    )
  })

  it('are neither restarted nor out of memory', async () => {
    for (const { Name, RestartCount, State } of await bank.containers())
      expect([Name, RestartCount, State.OOMKilled]).toEqual([Name, 0, false])
  })

  it('come back when killed', async () => {
    for (const service of ['processor', 'api', 'web']) {
      const victim = await firstOf(service)
      process.kill(victim.State.Pid, 'SIGKILL')
      const state = async () => (await bank.containers(service)).find(({ Name }) => Name === victim.Name)
      await expect.poll(state, { timeout: 30_000, interval: 500 }).toMatchObject({ RestartCount: 1, State: { Status: 'running' } })
      await customer.transfer()
    }
  })

  it('wait for the registry, and say so', async () => {
    const registry = await firstOf('registry')
    await engine.docker('stop', registry.Name.slice(1))
    const api = await firstOf('api')
    const count = async (text: string) => (await engine.logs(api.Name.slice(1))).split(text).length - 1
    const starts = await count('Page and API at')
    process.kill(api.State.Pid, 'SIGKILL')
    await expect.poll(() => count('trying again'), { timeout: 60_000, interval: 500 }).toBeGreaterThan(1)
    await engine.docker('start', registry.Name.slice(1))
    await expect.poll(() => count('Page and API at'), { timeout: 60_000, interval: 500 }).toBe(starts + 1)
    const { RestartCount, State } = (await bank.containers('api')).find(({ Name }) => Name === api.Name) ?? api
    expect([RestartCount, State.Status]).toEqual([api.RestartCount + 1, 'running'])
    await customer.transfer()
  })

  it('become five processors, each with a directory of its own', async () => {
    await bank.up('--scale', 'processor=5')
    expect(await bank.running('processor')).toHaveLength(5)
    const one = await firstOf('processor')
    const names = async () => (await bank.sh(one, 'ls /data')).split('\n').sort()
    await expect.poll(names, { timeout: 30_000 }).toEqual([1, 2, 3, 4, 5].map((number) => `processor-${number}`))
    await customer.transfer()
  })

  it(
    'come back after a restart of the engine, in whatever order it starts them',
    async () => {
      const before = await restarts()
      const running = (await bank.running()).map(({ Name }) => Name)
      await engine.stop()
      await engine.start()
      await expect.poll(async () => (await bank.running()).map(({ Name }) => Name), { timeout: 60_000, interval: 500 }).toEqual(running)
      await customer.transfer()
      expect(await restarts()).toEqual(before)
    },
    START_TIMEOUT_MS,
  )

  it(
    'end by themselves when stopped',
    async () => {
      await bank.stop()
      const codes = await exitCodes()
      expect(codes).toEqual(codes.map(([name]) => [name, JAVA_SERVICES.test(String(name)) ? TERMINATED : 0]))
    },
    START_TIMEOUT_MS,
  )
})
