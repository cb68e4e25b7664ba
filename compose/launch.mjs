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
const DIST = join(ROOT, 'dist')
const BUILT = join(DIST, '.built-from')
const SERVER_FOLDERS = ['schemas', 'state', 'topology', 'processors', 'api', 'compose']

const [command = '', ...args] = process.argv.slice(2)
process.chdir(ROOT)
checkNode()
install()
if (command === 'test') process.exitCode = tool('vitest/vitest.mjs', ['run', '--project', 'server', '--project', 'web', ...args])
else await runBuilt()

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

async function runBuilt() {
  const commands = readdirSync(join(ROOT, 'compose/commands'))
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => file.slice(0, -'.ts'.length))
  if (!commands.includes(command)) fail(`There is no command "${command}": choose one of test, ${commands.join(', ')}.`)
  await build(commands)
  process.argv = [process.argv[0], command, ...args]
  await import(pathToFileURL(join(DIST, `${command}.js`)).href)
}

/** Bundles our own code and leaves packages alone. Sources are compared by path, size and time of change, which costs milliseconds. */
async function build(commands) {
  const sources = fingerprint()
  if (existsSync(BUILT) && readFileSync(BUILT, 'utf8') === sources) return
  rmSync(DIST, { recursive: true, force: true })
  mkdirSync(DIST, { recursive: true })
  const { build: bundle } = await import('esbuild')
  await bundle({
    entryPoints: commands.map((name) => join(ROOT, 'compose/commands', `${name}.ts`)),
    outdir: DIST,
    bundle: true,
    splitting: true,
    packages: 'external',
    platform: 'node',
    format: 'esm',
    target: 'node20',
    sourcemap: true,
    logLevel: 'error',
  })
  writeFileSync(BUILT, sources)
}

function fingerprint() {
  const hash = createHash('sha256').update(readFileSync(INSTALLED))
  for (const folder of SERVER_FOLDERS.filter((name) => existsSync(join(ROOT, name)))) {
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
