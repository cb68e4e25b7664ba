import { flushSync } from 'svelte'
import { describe, expect, it } from 'vitest'
import { announcer } from './announcer.svelte.ts'

describe('The announcer', () => {
  it('speaks the same words twice as two texts', () => {
    announcer.say('done')
    const first = announcer.message
    announcer.say('done')
    expect(announcer.message).not.toBe(first)
    expect(announcer.message.trim()).toBe('done')
  })

  it('can be called from an effect, which then runs once', () => {
    let runs = 0
    const end = $effect.root(() => {
      $effect(() => {
        runs += 1
        announcer.say('lost')
      })
    })
    flushSync()
    end()
    expect(runs).toBe(1)
  })
})
