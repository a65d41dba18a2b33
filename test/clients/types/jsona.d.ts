/** As much of Jsona's types as is used here: its own import each other without extensions, which TypeScript does not find in a module. */
declare module "jsona" {
  /** A resource: its attributes, and its related resources by the names in `relationshipNames`. */
  export interface Model {
    readonly type: string;
    readonly id?: string;
    readonly relationshipNames?: readonly string[];
    readonly [name: string]: unknown;
  }

  interface Document {
    readonly data?: unknown;
    readonly included?: readonly unknown[];
  }

  export class ModelPropertiesMapper {
    getAttributes(model: Model): Record<string, unknown>;
  }

  export class Jsona {
    constructor(options?: { readonly modelPropertiesMapper?: ModelPropertiesMapper });
    serialize(options: {
      readonly stuff: Model | readonly Model[];
      readonly includeNames?: readonly string[];
    }): Document;
    deserialize(document: Document): Model | readonly Model[];
  }
}
