/** `npm run check`: types, lint, formatting, import rules, unused code. Runs all steps, then names those that failed. */
import { spawnSync } from 'node:child_process'

const steps: readonly (readonly [name: string, script: string, ...args: string[]])[] = [
  ['types', 'typescript/bin/tsc', '-p', '.'],
  ['types of the page', 'svelte-check/bin/svelte-check', '--tsconfig', 'web/tsconfig.json', '--fail-on-warnings'],
  ['types of the page’s tests', 'typescript/bin/tsc', '-p', 'compose/e2e'],
  ['lint', 'eslint/bin/eslint.js', '--max-warnings', '0', '.'],
  ['formatting', 'prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.'],
  ['import rules', 'vitest/vitest.mjs', 'run', '--project', 'server', 'compose/import-rules', 'compose/engine-alone'],
  ['unused code', 'knip/bin/knip.js'],
]

const failed: string[] = []
for (const [name, script, ...args] of steps) {
  process.stdout.write(`— ${name}\n`)
  const { status } = spawnSync(process.execPath, [`node_modules/${script}`, ...args], { stdio: 'inherit' })
  if (status !== 0) failed.push(name)
}
process.stdout.write(failed.length === 0 ? 'check: all steps passed\n' : `check: failed: ${failed.join(', ')}\n`)
process.exitCode = failed.length === 0 ? 0 : 1
