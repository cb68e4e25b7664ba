import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { MissingToolError } from './missing-tool-error.ts'
import { runTool } from './run-tool.ts'

/** For short-lived JVMs on a small machine: the second compiler and concurrent garbage collection would take most of it (DECISIONS 71, 88). */
export const SMALL_JVM_FLAGS = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC']

const SYSTEM_JVMS = '/usr/lib/jvm'

/** A `java` of at least that version: from `JAVA_HOME`, from the system's JVM directory, or on the path. Throws `MissingToolError`. */
export async function findJava(atLeast: number): Promise<string> {
  const homes = [...(process.env.JAVA_HOME ? [process.env.JAVA_HOME] : []), ...installed()]
  for (const program of [...homes.map((home) => join(home, 'bin/java')), 'java']) {
    if (program !== 'java' && !existsSync(program)) continue
    const version = await majorVersion(program)
    if (version !== undefined && version >= atLeast) return program
  }
  throw new MissingToolError(`Java ${atLeast} or later was not found: install a JDK, or set JAVA_HOME to one.`)
}

function installed(): readonly string[] {
  return existsSync(SYSTEM_JVMS) ? readdirSync(SYSTEM_JVMS).map((name) => join(SYSTEM_JVMS, name)) : []
}

/** `openjdk version "17.0.15" 2025-04-15` gives 17; undefined when the program cannot be run. */
async function majorVersion(program: string): Promise<number | undefined> {
  try {
    const { stderr } = await runTool(program, ['-version'])
    const [, major] = /version "(\d+)/.exec(stderr) ?? []
    return major === undefined ? undefined : Number(major)
  } catch {
    return undefined
  }
}
