package io.graft.cli.options;

import picocli.CommandLine.Option;

/** The network that a command runs, and the size of its input. */
public final class NetworkOptions {

  @Option(
      names = "--backbone",
      paramLabel = "NAME",
      defaultValue = "vgg16",
      description =
          "A network of 'graft zoo list', or in pretrain vgg11, vgg13, vgg16 or vgg19, with _bn for"
              + " batch normalisation; ${DEFAULT-VALUE} if absent.")
  public String name;

  @Option(
      names = "--image-size",
      paramLabel = "PIXELS",
      description =
          "Width and height of the network's input, a multiple of 32; if absent that of the weights,"
              + " or 224 in pretrain.")
  public Integer imageSize;
}
