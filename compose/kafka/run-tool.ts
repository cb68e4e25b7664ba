import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

export interface ToolOutput {
  readonly stdout: string
  readonly stderr: string
}

type Environment = Readonly<Record<string, string>>

/** Runs a program to its end. Rejects with the last lines of its output when it fails. */
export async function runTool(program: string, args: readonly string[], cwd?: string, environment?: Environment): Promise<ToolOutput> {
  try {
    return await run(program, args, { cwd, env: { ...process.env, ...environment }, maxBuffer: 16 << 20 })
  } catch (error) {
    const printed = error instanceof Error && 'stdout' in error && 'stderr' in error ? `${String(error.stdout)}${String(error.stderr)}` : ''
    throw new Error(`${program} failed: ${printed.trim().split('\n').slice(-8).join('\n') || String(error)}`, { cause: error })
  }
}
