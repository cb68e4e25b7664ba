/** `npm run generate`: writes every file under a `generated/` folder from its source. Tests fail when one of them is not current. */
import { spawnSync } from 'node:child_process'

/** They run from source, not from this bundle, because each finds its input and its output beside itself. */
const GENERATORS = ['schemas/generate.ts', 'api/generate-schema-text.ts', 'api/generate-web-types.ts']

const failed = GENERATORS.filter((script) => {
  process.stdout.write(`— ${script}\n`)
  return spawnSync(process.execPath, ['--import', 'tsx', script], { stdio: 'inherit' }).status !== 0
})
if (failed.length > 0) process.stderr.write(`These generators failed: ${failed.join(', ')}.\n`)
process.exitCode = failed.length === 0 ? 0 : 1
