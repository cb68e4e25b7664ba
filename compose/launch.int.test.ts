import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)))

describe('The packages', () => {
  it('21.9 support this version of Node, and run no script when they are installed', () => {
    const project = mkdtempSync(join(tmpdir(), 'bob-packages-'))
    for (const name of ['package.json', 'package-lock.json', '.npmrc']) copyFileSync(join(ROOT, name), join(project, name))
    const { status, stderr } = spawnSync('npm', ['ci', '--dry-run', '--offline'], { encoding: 'utf8', cwd: project })
    rmSync(project, { recursive: true, force: true })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(readFileSync(join(ROOT, '.npmrc'), 'utf8')).toMatch(/^ignore-scripts=true$/m)
  })
})

describe('The launcher', () => {
  let project: string

  beforeEach(() => {
    project = mkdtempSync(join(tmpdir(), 'bob-launch-'))
    mkdirSync(join(project, 'compose/commands'), { recursive: true })
    mkdirSync(join(project, 'node_modules'))
    mkdirSync(join(project, 'bin'))
    copyFileSync(join(ROOT, 'compose/launch.mjs'), join(project, 'compose/launch.mjs'))
    writeFileSync(join(project, 'package.json'), '{ "type": "module" }')
    writeFileSync(join(project, 'package-lock.json'), '{}')
    for (const name of ['esbuild', '@esbuild']) symlinkSync(join(ROOT, 'node_modules', name), join(project, 'node_modules', name))
    npm('echo ran >> npm-ran; touch node_modules/.package-lock.json')
    command('greet', 'console.log("hello " + process.argv.slice(2).join("+"))')
  })

  afterEach(() => rmSync(project, { recursive: true, force: true }))

  it('installs packages once, and again when the lockfile has changed', () => {
    expect(launch('greet').stdout).toBe('hello \n')
    expect(launch('greet').stdout).toBe('hello \n')
    expect(readFileSync(join(project, 'npm-ran'), 'utf8')).toBe('ran\n')
    writeFileSync(join(project, 'package-lock.json'), '{ "changed": true }')
    launch('greet')
    expect(readFileSync(join(project, 'npm-ran'), 'utf8')).toBe('ran\nran\n')
  })

  it('runs nothing after a failed installation, and tries again next time', () => {
    npm('exit 3')
    const { status, stdout, stderr } = launch('greet')
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
    expect(stderr).toContain('npm ci failed, so nothing was started. Fix the cause and try again.')
    npm('touch node_modules/.package-lock.json')
    expect(launch('greet').stdout).toBe('hello \n')
  })

  it('21.8 runs nothing after an installation that ended with 0 but installed nothing, also when there was one before', () => {
    launch('greet')
    writeFileSync(join(project, 'package-lock.json'), '{ "changed": true }')
    npm('true')
    for (const attempt of [1, 2]) {
      const { status, stdout, stderr } = launch('greet')
      expect({ attempt, status, stdout }).toEqual({ attempt, status: 1, stdout: '' })
      expect(stderr).toContain('npm ci ended with 0 but installed nothing, so nothing was started. Check the network and try again.')
    }
    npm('touch node_modules/.package-lock.json')
    expect(launch('greet').stdout).toBe('hello \n')
  })

  it('21.8 installs again when the packages are gone', () => {
    launch('greet')
    rmSync(join(project, 'node_modules/.package-lock.json'))
    launch('greet')
    expect(readFileSync(join(project, 'npm-ran'), 'utf8')).toBe('ran\nran\n')
  })

  it('21.8 installs what builds the bank also where NODE_ENV is production', () => {
    npm('echo "$@" >> npm-args; touch node_modules/.package-lock.json')
    expect(launch('install')).toMatchObject({ stdout: '', status: 0 })
    expect(readFileSync(join(project, 'npm-args'), 'utf8')).toContain('ci --include=dev')
  })

  it('passes on the arguments and the exit code', () => {
    command('greet', 'console.log(process.argv.slice(2).join("+")); process.exitCode = 7')
    expect(launch('greet', '--load', '5')).toMatchObject({ stdout: '--load+5\n', status: 7 })
  })

  it('builds again only when a source has changed', () => {
    launch('greet')
    const built = statSync(join(project, 'dist/commands/greet.js')).mtimeMs
    launch('greet')
    expect(statSync(join(project, 'dist/commands/greet.js')).mtimeMs).toBe(built)
    command('greet', 'console.log("good evening")')
    expect(launch('greet').stdout).toBe('good evening\n')
  })

  it('does not build if BOB_AS_BUILT is set', () => {
    launch('greet')
    command('greet', 'console.log("good evening")')
    process.env['BOB_AS_BUILT'] = '1'
    try {
      expect(launch('greet').stdout).not.toBe('good evening\n')
    } finally {
      delete process.env['BOB_AS_BUILT']
    }
  })

  it('never runs an old build when the sources no longer compile', () => {
    launch('greet')
    command('greet', 'const = 1')
    expect(launch('greet')).toMatchObject({ stdout: '', status: 1 })
    expect(launch('greet')).toMatchObject({ stdout: '', status: 1 })
  })

  it('lists the commands when it gets an unknown one', () => {
    const { status, stderr } = launch('gret')
    expect(status).toBe(1)
    expect(stderr).toMatch(/^Unknown command "gret"\. The commands are: .*, greet\.$/m)
  })

  it('refuses an old version of Node', () => {
    const old = `Object.defineProperty(process.versions, 'node', { value: '20.18.9' })`
    const { status, stderr } = launchWith(['--import', `data:text/javascript,${encodeURIComponent(old)}`], 'greet')
    expect(status).toBe(1)
    expect(stderr).toBe('Bob needs Node 20.19 or later, but this is Node 20.18.9. Install a newer Node and try again.\n')
  })

  function npm(script: string): void {
    writeFileSync(join(project, 'bin/npm'), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  }

  function command(name: string, source: string): void {
    writeFileSync(join(project, `compose/commands/${name}.ts`), source)
  }

  function launch(...args: string[]) {
    return launchWith([], ...args)
  }

  function launchWith(nodeArgs: readonly string[], ...args: string[]) {
    const path = `${join(project, 'bin')}:${process.env['PATH'] ?? ''}`
    const options = { encoding: 'utf8', cwd: tmpdir(), env: { ...process.env, PATH: path } } as const
    return spawnSync(process.execPath, [...nodeArgs, join(project, 'compose/launch.mjs'), ...args], options)
  }
})
