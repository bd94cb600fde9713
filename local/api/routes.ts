import type { Part, Parts } from "../resources.ts";

/** A method of a resource, and the function behind it. */
export interface Route {
  /** As the template has it: `/v1/files/{id}`. */
  readonly resource: string;
  readonly resourceId: string;
  readonly method: string;
  readonly functionArn: string;
  readonly streams: boolean;
}

interface Node {
  readonly children: Map<string, Node>;
  variable: { name: string; node: Node } | null;
  /** `{name+}`: takes the rest of the path. */
  greedy: { name: string; node: Node } | null;
  readonly routes: Map<string, Route>;
}

/** Finds the route of a request; null when API Gateway would not know the path or the method. Throws URIError for a malformed path. */
export type Match = (
  method: string,
  path: string,
) => { route: Route; pathParameters: Record<string, string> | null } | null;

/** The routes of the template's REST API. Throws, with its name, for an integration that is not a function. */
export function readRoutes(parts: Parts): Route[] {
  const resources = new Map(parts.of("AWS::ApiGateway::Resource").map((each) => [each.ref, each]));
  const pathOf = (id: string): string => {
    const resource = resources.get(id);
    if (!resource) return "";
    const { ParentId, PathPart } = resource.properties as { ParentId: string; PathPart: string };
    return `${pathOf(ParentId)}/${PathPart}`;
  };
  return parts.of("AWS::ApiGateway::Method").map((method) => {
    const { ResourceId, HttpMethod } = method.properties as { ResourceId: string; HttpMethod: string };
    const { functionArn, streams } = integrationOf(method);
    return { resource: pathOf(ResourceId) || "/", resourceId: ResourceId, method: HttpMethod, functionArn, streams };
  });
}

function integrationOf(method: Part) {
  const { Type, Uri, ResponseTransferMode } = method.properties.Integration as Record<string, string>;
  const functionArn = /\/functions\/(arn:aws:lambda:.+)\/(?:invocations|response-streaming-invocations)$/.exec(
    Uri ?? "",
  )?.[1];
  if (Type !== "AWS_PROXY" || !functionArn)
    throw new Error(
      `${method.logicalId} is a ${Type} integration; the laptop runs proxies of functions only (local/api/routes.ts)`,
    );
  return { functionArn, streams: ResponseTransferMode === "STREAM" };
}

/** Static segments win over variables, and variables over the greedy one, segment by segment. */
export function makeMatch(routes: readonly Route[]): Match {
  const root = makeNode();
  for (const route of routes) {
    let node = root;
    for (const segment of segmentsOf(route.resource)) node = childOf(node, segment);
    node.routes.set(route.method, route);
  }
  return (method, path) => {
    const found = find(root, segmentsOf(path), 0);
    const route = found?.node.routes.get(method) ?? found?.node.routes.get("ANY");
    if (!found || !route) return null;
    return { route, pathParameters: found.variables.length > 0 ? Object.fromEntries(found.variables) : null };
  };
}

type Found = { node: Node; variables: [name: string, value: string][] };

function find(node: Node, segments: readonly string[], at: number): Found | null {
  const segment = segments[at];
  if (segment === undefined) return node.routes.size > 0 ? { node, variables: [] } : null;
  const child = node.children.get(segment);
  const fixed = child && find(child, segments, at + 1);
  if (fixed) return fixed;
  const variable = segment !== "" && node.variable ? find(node.variable.node, segments, at + 1) : null;
  if (variable) {
    variable.variables.unshift([node.variable!.name, decodeURIComponent(segment)]);
    return variable;
  }
  if (!node.greedy) return null;
  return {
    node: node.greedy.node,
    variables: [[node.greedy.name, segments.slice(at).map(decodeURIComponent).join("/")]],
  };
}

function childOf(node: Node, segment: string): Node {
  const [, name, greedy] = /^\{([^}+]+)(\+?)\}$/.exec(segment) ?? [];
  if (!name) return node.children.get(segment) ?? node.children.set(segment, makeNode()).get(segment)!;
  const kind = greedy ? "greedy" : "variable";
  node[kind] ??= { name, node: makeNode() };
  return node[kind].node;
}

/** API Gateway takes `/v1/files/` for `/v1/files`. */
const segmentsOf = (path: string) =>
  (path.endsWith("/") ? path.slice(1, -1) : path.slice(1)).split("/").filter((each, _, all) => all.length > 1 || each);

const makeNode = (): Node => ({ children: new Map(), variable: null, greedy: null, routes: new Map() });
