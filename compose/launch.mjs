/**
 * Every npm script goes through here: `node compose/launch.mjs COMMAND [ARGS]`. It needs nothing installed. It checks Node,
 * installs from the lockfile when `node_modules` is missing or stale, builds the command when its sources changed, and runs it.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const OLDEST_NODE = [20, 19]
const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))
const MODULES = join(ROOT, 'node_modules')
const INSTALLED = join(MODULES, '.installed-lockfile')
const COMMANDS = join(ROOT, 'dist/commands')
const PAGE = join(ROOT, 'dist/web')
/** These serve the page, which is built for them. */
const SERVING = ['start', 'kills', 'bob', 'chaos']
/** Set for who is started, again and again, by a command that was built just before: all run what it runs. */
const AS_BUILT = 'BOB_AS_BUILT'
/** Projects of vitest by command. */
const TESTS = { test: ['server', 'web'], 'test:kafka': ['kafka'] }
/** Builds everything and runs nothing: for an image. */
const BUILD = 'build'
/** Packages that a processor loads; they come with what they need, except what is not JavaScript. */
const BUNDLED = ['@kafkajs/confluent-schema-registry', 'avsc', 'commander', 'kafkajs', 'prom-client', 'zod']
const NATIVE = ['@node-rs/crc32', 'classic-level']
const SERVER_FOLDERS = ['schemas', 'state', 'topology', 'processors', 'api', 'compose']

const [command = '', ...args] = process.argv.slice(2)
process.chdir(ROOT)
checkNode()
install()
if (command in TESTS)
  process.exitCode = tool('vitest/vitest.mjs', ['run', ...TESTS[command].flatMap((name) => ['--project', name]), ...args])
else await runBuilt(readCommands())

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const [oldestMajor, oldestMinor] = OLDEST_NODE
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return
  fail(`Bob needs Node ${OLDEST_NODE.join('.')} or later, and this is Node ${process.versions.node}.`)
}

function install() {
  const wanted = createHash('sha256')
    .update(readFileSync(join(ROOT, 'package-lock.json')))
    .digest('hex')
  if (existsSync(INSTALLED) && readFileSync(INSTALLED, 'utf8') === wanted) return
  process.stderr.write('Installing what package-lock.json names …\n')
  const { status, error } = spawnSync('npm', ['ci', '--no-audit', '--no-fund'], { stdio: ['ignore', 2, 2] })
  if (status !== 0) fail(`npm ci failed${error === undefined ? '' : `: ${error.message}`}; nothing was started.`)
  writeFileSync(INSTALLED, wanted)
}

function readCommands() {
  return readdirSync(join(ROOT, 'compose/commands'))
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => file.slice(0, -'.ts'.length))
}

async function runBuilt(commands) {
  const known = [...Object.keys(TESTS), BUILD, ...commands]
  if (!known.includes(command)) fail(`There is no command "${command}": choose one of ${known.join(', ')}.`)
  if (!process.env[AS_BUILT]) {
    await whenStale(COMMANDS, SERVER_FOLDERS, () => bundle(commands))
    if (command === BUILD || SERVING.includes(command)) await whenStale(PAGE, ['web'], buildPage)
  }
  if (command === BUILD) return
  process.argv = [process.argv[0], command, ...args]
  await import(pathToFileURL(join(COMMANDS, `${command}.js`)).href)
}

/** Sources are compared by path, size and time of change, which costs milliseconds. */
async function whenStale(output, folders, build) {
  const builtFrom = join(output, '.built-from')
  const sources = fingerprint(folders)
  if (existsSync(builtFrom) && readFileSync(builtFrom, 'utf8') === sources) return
  rmSync(output, { recursive: true, force: true })
  mkdirSync(output, { recursive: true })
  await build()
  writeFileSync(builtFrom, sources)
}

/** Our own code in one piece per command, and with it the packages that a processor loads: one file is read sooner than a thousand. */
async function bundle(commands) {
  const { build } = await import('esbuild')
  await build({
    entryPoints: commands.map((name) => join(ROOT, 'compose/commands', `${name}.ts`)),
    outdir: COMMANDS,
    bundle: true,
    splitting: true,
    plugins: [{ name: 'packages', setup: ({ onResolve }) => onResolve({ filter: /^[^./]/ }, externalUnlessBundled) }],
    // Packages of CommonJS ask for Node's modules by this name.
    banner: { js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);" },
    platform: 'node',
    format: 'esm',
    target: 'node20',
    sourcemap: true,
    logLevel: 'error',
  })
}

function externalUnlessBundled({ path, importer, kind }) {
  if (kind === 'entry-point') return undefined
  const name = path.split('/', path.startsWith('@') ? 2 : 1).join('/')
  const isWanted = importer.startsWith(MODULES) ? !NATIVE.includes(name) : BUNDLED.includes(name)
  return isWanted ? undefined : { path, external: true }
}

async function buildPage() {
  const { build } = await import('vite')
  await build({ configFile: join(ROOT, 'web/vite.config.ts'), logLevel: 'error' })
}

function fingerprint(folders) {
  const hash = createHash('sha256').update(readFileSync(INSTALLED))
  for (const folder of folders.filter((name) => existsSync(join(ROOT, name)))) {
    for (const entry of readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue
      const path = join(entry.parentPath, entry.name)
      const { size, mtimeMs } = statSync(path)
      hash.update(`${path} ${size} ${mtimeMs}\n`)
    }
  }
  return hash.digest('hex')
}

function tool(path, toolArgs) {
  return spawnSync(process.execPath, [join(MODULES, path), ...toolArgs], { stdio: 'inherit' }).status ?? 1
}

function fail(sentence) {
  process.stderr.write(`${sentence}\n`)
  process.exit(1)
}
