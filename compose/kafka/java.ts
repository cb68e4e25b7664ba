import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { MissingToolError } from './missing-tool-error.ts'
import { runTool } from './run-tool.ts'

/** For what runs for minutes beside what uses it: compiling twice and collecting in threads of its own would take most of a small machine. */
export const MODEST = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC']

const INSTALLED = '/usr/lib/jvm'

/** The program of a Java of at least that version: `JAVA_HOME`'s, the one on the path, or one installed beside it. Throws `MissingToolError`. */
export async function findJava(atLeast: number): Promise<string> {
  const homes = [...(process.env.JAVA_HOME ? [process.env.JAVA_HOME] : []), ...installed()]
  for (const program of [...homes.map((home) => join(home, 'bin/java')), 'java']) {
    if (program !== 'java' && !existsSync(program)) continue
    const version = await versionOf(program)
    if (version !== undefined && version >= atLeast) return program
  }
  throw new MissingToolError(`Java ${atLeast} or later is needed and was not found: install a JDK, or let JAVA_HOME point to one.`)
}

function installed(): readonly string[] {
  return existsSync(INSTALLED) ? readdirSync(INSTALLED).map((name) => join(INSTALLED, name)) : []
}

/** Of `openjdk version "17.0.15" 2025-04-15`, 17; undefined when the program is not there. */
async function versionOf(program: string): Promise<number | undefined> {
  try {
    const { stderr } = await runTool(program, ['-version'])
    const [, major] = /version "(\d+)/.exec(stderr) ?? []
    return major === undefined ? undefined : Number(major)
  } catch {
    return undefined
  }
}
