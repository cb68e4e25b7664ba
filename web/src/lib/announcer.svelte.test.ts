import { flushSync } from 'svelte'
import { describe, expect, it } from 'vitest'
import { announcer } from './announcer.svelte.ts'

describe('The announcer', () => {
  it('changes the text when the same message is repeated', () => {
    announcer.say('done')
    const first = announcer.message
    announcer.say('done')
    expect(announcer.message).not.toBe(first)
    expect(announcer.message.trim()).toBe('done')
  })

  it('does not re-run the effect that calls it', () => {
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
