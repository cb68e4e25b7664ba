/** Disjoint sets of names. Groups are returned in the order of their first member. */
export class UnionFind {
  readonly #parents = new Map<string, string>()

  add(name: string): void {
    if (!this.#parents.has(name)) this.#parents.set(name, name)
  }

  join(a: string, b: string): void {
    const root = this.#find(a)
    this.#parents.set(this.#find(b), root)
  }

  groups(): readonly (readonly string[])[] {
    const groups = new Map<string, string[]>()
    for (const name of this.#parents.keys()) {
      const root = this.#find(name)
      const group = groups.get(root)
      if (group === undefined) groups.set(root, [name])
      else group.push(name)
    }
    return [...groups.values()]
  }

  #find(name: string): string {
    this.add(name)
    let root = name
    for (let parent = this.#parents.get(root); parent !== undefined && parent !== root; parent = this.#parents.get(root)) root = parent
    this.#parents.set(name, root)
    return root
  }
}
