import grpc from "@grpc/grpc-js";

/** A resource's inputs may be large: the SDK and the engine both raise the limit to this many bytes. */
const MAX_MESSAGE_BYTES = 400 * 1024 * 1024;

export const CHANNEL_OPTIONS = {
  "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
  "grpc.max_send_message_length": MAX_MESSAGE_BYTES,
};

/** A gRPC server on a free port of the loopback address. */
export interface LoopbackServer {
  /** `127.0.0.1:<port>` */
  readonly address: string;
  close(): void;
}

/** Serves the given services; methods without a handler answer UNIMPLEMENTED. */
export async function serve(
  services: readonly (readonly [grpc.ServiceDefinition, grpc.UntypedServiceImplementation])[],
): Promise<LoopbackServer> {
  const server = new grpc.Server(CHANNEL_OPTIONS);
  for (const [definition, implementation] of services) server.addService(definition, implementation);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  return { address: `127.0.0.1:${port}`, close: () => server.forceShutdown() };
}

/** A handler from a plain function; what it throws becomes the error of the call. */
export function unary<Request, Response>(
  answer: (request: Request) => Response,
): grpc.handleUnaryCall<Request, Response> {
  return (call, callback) => {
    try {
      callback(null, answer(call.request));
    } catch (error) {
      callback({ code: grpc.status.INTERNAL, details: error instanceof Error ? error.message : String(error) });
    }
  };
}
