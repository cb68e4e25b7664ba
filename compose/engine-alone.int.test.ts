import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))

it('The engine type-checks when it is copied out of the project without the bank', { timeout: 120_000 }, () => {
  const copy = mkdtempSync(join(tmpdir(), 'bob-engine-'))
  try {
    for (const folder of ['state', 'topology']) cpSync(join(ROOT, folder), join(copy, folder), { recursive: true })
    symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'))
    writeFileSync(join(copy, 'package.json'), '{ "type": "module" }')
    const config = JSON.parse(readFileSync(join(ROOT, 'tsconfig.json'), 'utf8')) as { readonly compilerOptions: object }
    writeFileSync(join(copy, 'tsconfig.json'), JSON.stringify({ ...config, include: ['state', 'topology'] }))
    const { stdout } = spawnSync(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', copy], { encoding: 'utf8' })
    expect(stdout).toBe('')
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
})
