/** As much of Devour's types as is used here: it comes without any. */
declare module "devour-client" {
  export interface ErrorObject {
    readonly status: string;
    readonly title: string;
    readonly detail: string;
  }

  interface Options {
    readonly apiUrl: string;
    readonly pluralize?: false;
    readonly logger?: boolean;
    readonly errorBuilder?: (error: ErrorObject) => unknown;
  }

  interface Answer {
    // eslint-disable-next-line @typescript-eslint/no-explicit-any -- resources are as they were defined, at run time
    readonly data: any;
    readonly meta: { readonly total: number };
    readonly links: { readonly next: string | null };
  }

  type Params = Readonly<Record<string, unknown>>;
  type Resource = Readonly<Record<string, unknown>>;

  export default class JsonApi {
    constructor(options: Options);
    bearer: string;
    define(model: string, attributes: Readonly<Record<string, unknown>>): void;
    find(model: string, id: string, params?: Params): Promise<Answer>;
    findAll(model: string, params?: Params): Promise<Answer>;
    create(model: string, resource: Resource, params?: Params): Promise<Answer>;
    update(model: string, resource: Resource, params?: Params): Promise<Answer>;
    destroy(model: string, id: string): Promise<Answer>;
    destroy(identifiers: readonly Resource[]): Promise<Answer>;
    request(url: string, method?: string): Promise<Answer>;
    one(model: string, id: string): this;
    all(model: string): this;
    relationships(name: string): this;
    get(params?: Params): Promise<Answer>;
    post(resource: Resource | readonly Resource[]): Promise<Answer>;
    patch(resource: Resource | readonly Resource[]): Promise<Answer>;
  }
}
