import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { StateLockedError } from '../../state/index.ts'
import { InstanceDirectory } from './instance-directory.ts'

let parent: string

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'bob-instances-'))
})

afterEach(() => rm(parent, { recursive: true, force: true }))

const open = (instance?: string): Promise<InstanceDirectory> => InstanceDirectory.open({ parent, instance, machine: 'host' })

describe('The directory of an instance', () => {
  it('is the first free one when no instance id is given', async () => {
    const [one, two] = [await open(), await open()]
    expect([one.instanceId, two.instanceId]).toEqual(['host-1', 'host-2'])
    await one.close()
    const again = await open()
    expect([again.instanceId, again.isUsed, two.isUsed]).toEqual(['host-1', true, false])
    await again.close()
    await two.close()
  })

  it('of a given instance id is opened as soon as its former process has released it', async () => {
    const former = await open('one')
    const opening = open('one')
    await setTimeout(250)
    await former.close()
    await (await opening).close()
  })

  it('of a given instance id is refused while another process holds it', async () => {
    const former = await open('one')
    await expect(open('one')).rejects.toBeInstanceOf(StateLockedError)
    await former.close()
  })
})
