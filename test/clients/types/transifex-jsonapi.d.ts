/** As much of Transifex' types as is used here: it comes without any. */
declare module "@transifex/jsonapi" {
  interface Identifier {
    readonly type: string;
    readonly id: string;
  }

  export interface TransifexResource extends Identifier {
    readonly attributes: Readonly<Record<string, unknown>>;
    readonly relationships: Readonly<Record<string, { readonly data?: readonly Identifier[] | Identifier | null }>>;
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- an attribute, a resource or a collection
    get(name: string): any;
    fetch(relationship: string): Promise<TransifexCollection>;
    reload(include?: readonly string[]): Promise<void>;
    save(attributes: Readonly<Record<string, unknown>>): Promise<void>;
    delete(): Promise<void>;
    add(relationship: string, resources: readonly Identifier[]): Promise<void>;
    remove(relationship: string, resources: readonly Identifier[]): Promise<void>;
    reset(relationship: string, resources: readonly Identifier[]): Promise<void>;
  }

  export interface TransifexCollection {
    readonly data: readonly TransifexResource[];
    fetch(): Promise<void>;
    all(): AsyncGenerator<TransifexResource>;
    filter(filters: Readonly<Record<string, unknown>>): TransifexCollection;
    page(page: Readonly<Record<string, unknown>>): TransifexCollection;
    include(...paths: readonly string[]): TransifexCollection;
    sort(...names: readonly string[]): TransifexCollection;
    extra(parameters: Readonly<Record<string, unknown>>): TransifexCollection;
  }

  export interface TransifexType {
    list(): TransifexCollection;
    get(id: string, options?: { readonly include: readonly string[] }): Promise<TransifexResource>;
    create(attributes: Readonly<Record<string, unknown>>): Promise<TransifexResource>;
  }

  type Auth = string | (() => Readonly<Record<string, string>>);

  /** What its classes make: how a subclass of `Resource` is used is said by TransifexType. */
  interface JsonApi {
    setup(options: { readonly auth: Auth }): void;
  }

  interface JsonApiClass {
    new (options: { readonly host?: string; readonly auth: Auth }): JsonApi;
    register(type: ResourceClass, name: string): void;
  }

  interface ResourceClass {
    new (): object;
    TYPE: string;
  }

  /** Node cannot see the names that this CommonJS module exports. */
  const jsonapi: { readonly JsonApi: JsonApiClass; readonly Resource: ResourceClass };
  export default jsonapi;
}
