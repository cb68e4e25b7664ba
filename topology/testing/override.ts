/** A view of the object with some members replaced. The other members stay bound to the original. */
export function override<T extends object>(target: T, members: Partial<T>): T {
  return new Proxy(target, {
    get: (object, name) => {
      const own: unknown = Reflect.get(members, name)
      if (own !== undefined) return own
      const member: unknown = Reflect.get(object, name)
      return typeof member === 'function' ? (member.bind(object) as unknown) : member
    },
  })
}
