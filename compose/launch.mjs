/**
 * Runs a command of `compose/commands/`: `node compose/launch.mjs COMMAND [ARGS]`. Most npm scripts are such commands. It works in a
 * fresh clone: it checks the version of Node, installs packages when `package-lock.json` has changed, builds the command when its
 * sources have changed, and runs it (DECISIONS 2).
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
/** npm writes it last; it can end with 0 although it has installed nothing. */
const NPM_RECORD = join(MODULES, '.package-lock.json')
const COMMANDS = join(ROOT, 'dist/commands')
const PAGE = join(ROOT, 'dist/web')
/** Commands that serve the page, which is built before they start. */
const SERVING = ['start', 'kills', 'bob', 'chaos']
/** Skips the build. A command sets it for the processes that it starts, so that all of them run the build that it runs itself. */
const AS_BUILT = 'BOB_AS_BUILT'
/** Vitest projects per test command. */
const TESTS = { test: ['server', 'web'], 'test:kafka': ['kafka', 'kafka-oldest'] }
/** For container images: installs packages; builds the page and the named commands, or all, without source maps. Neither runs anything. */
const INSTALL = 'install'
const BUILD = 'build'
/** Packages bundled into the commands, with their dependencies, because a processor loads them at start (DECISIONS 73). */
const BUNDLED = ['@kafkajs/confluent-schema-registry', 'avsc', 'commander', 'kafkajs', 'prom-client', 'zod']
/** Native addons cannot be bundled. */
const NATIVE = ['@node-rs/crc32', 'classic-level']
const SERVER_FOLDERS = ['schemas', 'state', 'topology', 'processors', 'api', 'compose']

const [command = '', ...args] = process.argv.slice(2)
process.chdir(ROOT)
checkNode()
install()
if (command in TESTS)
  process.exitCode = tool('vitest/vitest.mjs', ['run', ...TESTS[command].flatMap((name) => ['--project', name]), ...args])
else if (command === BUILD) await buildForImages(readCommands())
else if (command !== INSTALL) await runBuilt(readCommands())

function checkNode() {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  const [oldestMajor, oldestMinor] = OLDEST_NODE
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return
  fail(`Bob needs Node ${OLDEST_NODE.join('.')} or later, but this is Node ${process.versions.node}. Install a newer Node and try again.`)
}

function install() {
  const lockfileHash = createHash('sha256')
    .update(readFileSync(join(ROOT, 'package-lock.json')))
    .digest('hex')
  if (existsSync(INSTALLED) && existsSync(NPM_RECORD) && readFileSync(INSTALLED, 'utf8') === lockfileHash) return
  process.stderr.write('Installing packages…\n')
  rmSync(NPM_RECORD, { force: true })
  const { status, error } = spawnSync('npm', ['ci', '--include=dev', '--no-audit', '--no-fund'], { stdio: ['ignore', 2, 2] })
  if (status !== 0)
    fail(`npm ci failed${error === undefined ? '' : ` (${error.message})`}, so nothing was started. Fix the cause and try again.`)
  if (!existsSync(NPM_RECORD)) fail('npm ci ended with 0 but installed nothing, so nothing was started. Check the network and try again.')
  writeFileSync(INSTALLED, lockfileHash)
}

function readCommands() {
  return readdirSync(join(ROOT, 'compose/commands'))
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => file.slice(0, -'.ts'.length))
}

async function runBuilt(commands) {
  const known = [...Object.keys(TESTS), INSTALL, BUILD, ...commands]
  if (!known.includes(command)) fail(`Unknown command "${command}". The commands are: ${known.join(', ')}.`)
  if (!process.env[AS_BUILT]) {
    await buildIfStale(COMMANDS, SERVER_FOLDERS, () => bundle(commands, true))
    if (SERVING.includes(command)) await buildIfStale(PAGE, ['web'], buildPage)
  }
  process.argv = [process.argv[0], command, ...args]
  await import(pathToFileURL(join(COMMANDS, `${command}.js`)).href)
}

async function buildForImages(commands) {
  const unknown = args.find((name) => !commands.includes(name))
  if (unknown !== undefined) fail(`Unknown command "${unknown}". The commands are: ${commands.join(', ')}.`)
  rmSync(COMMANDS, { recursive: true, force: true })
  await bundle(args.length === 0 ? commands : args, false)
  await buildIfStale(PAGE, ['web'], buildPage)
}

/** Compares path, size and modification time of the sources, which takes milliseconds (DECISIONS 3). */
async function buildIfStale(output, folders, build) {
  const builtFrom = join(output, '.built-from')
  const sources = fingerprint(folders)
  if (existsSync(builtFrom) && readFileSync(builtFrom, 'utf8') === sources) return
  rmSync(output, { recursive: true, force: true })
  mkdirSync(output, { recursive: true })
  await build()
  writeFileSync(builtFrom, sources)
}

/** Bundles each command with `BUNDLED`, because one file loads faster than a thousand (DECISIONS 73). */
async function bundle(commands, sourcemap) {
  const { build } = await import('esbuild')
  await build({
    entryPoints: commands.map((name) => join(ROOT, 'compose/commands', `${name}.ts`)),
    outdir: COMMANDS,
    bundle: true,
    splitting: true,
    plugins: [{ name: 'packages', setup: ({ onResolve }) => onResolve({ filter: /^[^./]/ }, externalUnlessBundled) }],
    // Bundled CommonJS packages load Node's own modules with `require`.
    banner: { js: "import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);" },
    platform: 'node',
    format: 'esm',
    target: 'node20',
    sourcemap,
    logLevel: 'error',
  })
}

function externalUnlessBundled({ path, importer, kind }) {
  if (kind === 'entry-point') return undefined
  const name = path.split('/', path.startsWith('@') ? 2 : 1).join('/')
  const isBundled = importer.startsWith(MODULES) ? !NATIVE.includes(name) : BUNDLED.includes(name)
  return isBundled ? undefined : { path, external: true }
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

function fail(message) {
  process.stderr.write(`${message}\n`)
  process.exit(1)
}
