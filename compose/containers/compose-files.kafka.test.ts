import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { builtinModules } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PRINCIPALS } from '../access/bank-acls.ts'
import { runTool } from '../kafka/run-tool.ts'
import { compose, copyContainerFiles, startOrder, type ComposedService } from './testing/composition.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const COMBINATIONS = [[], ['compose.development.yaml'], ['compose.secure.yaml'], ['compose.development.yaml', 'compose.secure.yaml']]

let directory: string
let files: string

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bob-compose-'))
  files = await copyContainerFiles(directory)
}, 60_000)

afterAll(() => rm(directory, { recursive: true, force: true }))

async function services(...overrides: readonly string[]): Promise<readonly (readonly [string, ComposedService])[]> {
  return Object.entries((await compose(files, 'compose.yaml', ...overrides)).services)
}

describe.each(COMBINATIONS)('Every service %s %s', (...overrides) => {
  it('runs as an unprivileged user on a read-only file system, without capabilities, within a memory limit', async () => {
    for (const [name, service] of await services(...overrides)) {
      expect([name, service]).toEqual([
        name,
        expect.objectContaining({
          user: expect.stringMatching(/^(appuser|[1-9]\d*)$/),
          read_only: true,
          cap_drop: ['ALL'],
          security_opt: ['no-new-privileges:true'],
          mem_limit: expect.stringMatching(/^\d+[mg]$/),
        }),
      ])
    }
  })

  it('21.8 has a size for each tmpfs, which together leave half of the memory, and logs that rotate', async () => {
    for (const [name, { tmpfs = [], mem_limit = '', logging }] of await services(...overrides)) {
      const sizes = tmpfs.map((mount) => megabytes(/[:,]size=(\d+[mg])/.exec(mount)?.[1] ?? mount))
      expect([name, sizes.reduce((sum, size) => sum + size, 0) * 2]).toEqual([
        name,
        expect.toSatisfy((most) => most <= megabytes(mem_limit)),
      ])
      expect([name, logging]).toEqual([name, { driver: 'json-file', options: { 'max-size': '10m', 'max-file': '3' } }])
    }
  })

  it('has a health check that is a command, or is a one-shot service', async () => {
    for (const [name, { healthcheck, restart }] of await services(...overrides)) {
      if (restart === 'no') continue
      expect([name, restart, healthcheck?.test?.[0]]).toEqual([name, 'unless-stopped', 'CMD'])
    }
  })

  it('waits until its dependencies are healthy or completed, without cycles', async () => {
    const all = Object.fromEntries(await services(...overrides))
    const order = startOrder(all)
    expect(order.at(-1)).toEqual(['web'])
    for (const { depends_on = {} } of Object.values(all)) {
      for (const [name, { condition }] of Object.entries(depends_on))
        expect([name, condition]).toEqual([name, all[name]?.restart === 'no' ? 'service_completed_successfully' : 'service_healthy'])
    }
  })

  it('publishes ports on the loopback address only', async () => {
    for (const [, { ports = [] }] of await services(...overrides)) for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/)
  })

  it('has an image of a pinned version, or one that is built here', async () => {
    for (const [name, { image, build }] of await services(...overrides)) {
      if (build === undefined) expect([name, image]).toEqual([name, expect.stringMatching(/:\d+\.\d+\.\d+/)])
      else expect(['bob', 'web']).toContain(build.target)
    }
  })
})

describe('The brokers', () => {
  it('differ only in node id and advertised addresses', async () => {
    const all = Object.fromEntries(await services('compose.secure.yaml'))
    const [first, ...others] = ['kafka-1', 'kafka-2', 'kafka-3'].map((name) => {
      const { KAFKA_NODE_ID: _, KAFKA_ADVERTISED_LISTENERS: addresses = '', ...rest } = all[name]?.environment ?? {}
      expect(addresses).toContain(`CLIENT://${name}:9092,BROKER://${name}:9094`)
      return rest
    })
    for (const other of others) expect(other).toEqual(first)
  })

  it('21.8 write no logs to files, and mount every directory that their image declares as a volume', async () => {
    for (const [, { environment = {}, tmpfs = [], volumes = [] }] of (await services()).filter(([name]) => name.startsWith('kafka-'))) {
      expect(environment).toMatchObject({
        EXTRA_ARGS: expect.not.stringContaining('-loggc') as string,
        KAFKA_LOG4J_OPTS: '-Dlog4j2.configurationFile=/etc/bob/kafka-log4j2.properties',
      })
      expect(readFileSync(join(files, 'kafka-log4j2.properties'), 'utf8')).not.toMatch(/type = \w*File/)
      const mounts = [...tmpfs.map((mount) => mount.split(':')[0]), ...volumes.map((mount) => mount.split(':')[1])]
      expect(mounts).toEqual(
        expect.arrayContaining(['/etc/bob/kafka-log4j2.properties', '/etc/kafka/secrets', '/mnt/shared/config', '/var/lib/kafka/data']),
      )
    }
  })
})

describe('nginx', () => {
  it('21.8 keeps a silent event stream open, and stores no responses in files', () => {
    const configuration = readFileSync(join(files, 'nginx.conf'), 'utf8')
    expect(configuration).toMatch(/location = \/graphql\/stream \{[^}]*proxy_read_timeout 1h;/)
    expect(configuration).toContain('proxy_max_temp_file_size 0;')
  })
})

describe('The secured services', () => {
  it('know only their own password, except for the one that sets all of them', async () => {
    const passwords = readFileSync(join(files, '.env'), 'utf8')
      .split('\n')
      .filter((line) => line.startsWith('BOB_PASSWORD_'))
      .map((line) => line.slice(line.indexOf('=') + 1))
    expect(passwords).toHaveLength(PRINCIPALS.length)
    for (const [name, { environment = {} }] of await services('compose.secure.yaml')) {
      const known = passwords.filter((password) => Object.values(environment).includes(password))
      const expected = name === 'access' ? PRINCIPALS.length : PRINCIPALS.some((principal) => principal === name) ? 1 : 0
      expect([name, known.length]).toEqual([name, expected])
    }
  })

  it('get a private key only if they authenticate with a certificate', async () => {
    for (const [name, { secrets = [] }] of await services('compose.secure.yaml')) {
      const keys = secrets.map(({ source }) => source).filter((source) => source !== 'ca.pem' && source !== 'registry.properties')
      const expected = name.startsWith('kafka-') ? ['kafka.pem'] : name === 'access' ? ['admin.crt', 'admin.key'] : []
      expect([name, keys]).toEqual([name, expected])
    }
  })
})

describe('The secrets', () => {
  it('are kept when the script runs again', async () => {
    const before = readdirSync(join(files, 'secrets')).map((name) => readFileSync(join(files, 'secrets', name), 'utf8'))
    await runTool(join(files, 'secrets.sh'), [])
    expect(readdirSync(join(files, 'secrets')).map((name) => readFileSync(join(files, 'secrets', name), 'utf8'))).toEqual(before)
  })

  it('are excluded from commits and images', () => {
    for (const list of ['.gitignore', '.dockerignore']) {
      const lines = readFileSync(join(ROOT, list), 'utf8').split('\n')
      for (const path of ['.env', 'secrets']) expect(lines.map((line) => line.replace(/\/$/, ''))).toContain(`compose/containers/${path}`)
    }
  })
})

describe('The image', () => {
  it('contains every package that its commands import, although it has no development dependencies', async () => {
    await runTool(process.execPath, ['compose/launch.mjs', 'build'], ROOT)
    const { dependencies } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { dependencies: Record<string, string> }
    const imported = importsOf(['access.js', 'bob.js', 'topics.js'])
    expect(imported.size).toBeGreaterThan(5)
    expect([...imported].filter((name) => !(name in dependencies))).toEqual([])
  })
})

/** Of a size like 64m or 1g. Not a number for other texts. */
function megabytes(size: string): number {
  return Number(size.slice(0, -1)) * (size.endsWith('g') ? 1024 : 1)
}

/** Import statements in the form that the bundler writes. */
const IMPORT = /^(?:import\b[^"'\n]*|\} from )"([^"\n]+)";?$|\bimport\("([^"\n]+)"\)/gm

/** Packages that the bundles and their shared chunks import. Specifiers with `../` occur only in comments of bundled packages. */
function importsOf(entries: readonly string[]): ReadonlySet<string> {
  const bundle = join(ROOT, 'dist/commands')
  const packages = new Set<string>()
  const pending = [...entries]
  const seen = new Set<string>()
  for (let file = pending.pop(); file !== undefined; file = pending.pop()) {
    if (seen.has(file) || !existsSync(join(bundle, file))) continue
    seen.add(file)
    for (const [, atStart, within] of readFileSync(join(bundle, file), 'utf8').matchAll(IMPORT)) {
      const specifier = atStart ?? within ?? ''
      if (specifier.startsWith('./')) pending.push(specifier.slice(2))
      else if (!specifier.startsWith('../') && !specifier.startsWith('node:') && !builtinModules.includes(specifier))
        packages.add(/^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier)
    }
  }
  return packages
}
