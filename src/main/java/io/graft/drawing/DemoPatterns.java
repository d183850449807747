package io.graft.drawing;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.geom.Ellipse2D;
import java.awt.geom.Path2D;
import java.awt.geom.Rectangle2D;
import java.util.Random;
import java.util.function.IntToDoubleFunction;

/**
 * The patterns of the demonstration's pictures, each drawn around the origin and out to {@link
 * #REACH} pixels, which covers the largest picture at any angle.
 */
final class DemoPatterns {

  private static final double REACH = 260;

  private DemoPatterns() {}

  /** Draws the pattern of a class at a random scale and place. */
  static void draw(
      String name, Graphics2D graphics, Random random, Color foreground, Color background) {
    double scale = 0.9 + 0.2 * random.nextDouble();
    graphics.translate(30 * (random.nextDouble() - 0.5), 30 * (random.nextDouble() - 0.5));
    switch (name) {
      case "checkers" -> checkers(graphics, 40 * scale);
      case "clouds" -> clouds(graphics, random, 55 * scale, foreground);
      case "dots" -> dots(graphics, random, 50 * scale);
      case "grid" -> grid(graphics, random, 30 * scale);
      case "leaves" -> leaves(graphics, random, 34 * scale, foreground, background);
      case "rings" -> rings(graphics, random, 24 * scale);
      case "star" -> graphics.fill(star(95 * scale));
      case "stripes" -> stripes(graphics, random, 32 * scale);
      case "triangle" -> graphics.fill(triangle(85 * scale));
      case "waves" -> waves(graphics, random, 30 * scale);
      default -> throw new IllegalArgumentException("no pattern " + name);
    }
  }

  private static void checkers(Graphics2D graphics, double side) {
    int reach = (int) (REACH / side) + 1;
    for (int row = -reach; row <= reach; row++) {
      for (int column = -reach; column <= reach; column++) {
        if ((row + column) % 2 == 0) {
          graphics.fill(new Rectangle2D.Double(column * side, row * side, side, side));
        }
      }
    }
  }

  /** Many faint discs of several sizes, which add up to soft blots. */
  private static void clouds(Graphics2D graphics, Random random, double radius, Color foreground) {
    for (int blot = 0; blot < 12; blot++) {
      double x = REACH * (2 * random.nextDouble() - 1);
      double y = REACH * (2 * random.nextDouble() - 1);
      double blotRadius = radius * (0.7 + 0.8 * random.nextDouble());
      graphics.setColor(
          new Color(foreground.getRed(), foreground.getGreen(), foreground.getBlue(), 22));
      for (int layer = 1; layer <= 14; layer++) {
        disc(graphics, x, y, blotRadius * layer / 10);
      }
    }
  }

  private static void dots(Graphics2D graphics, Random random, double pitch) {
    double radius = pitch * (0.25 + 0.1 * random.nextDouble());
    int reach = (int) (REACH / pitch) + 1;
    for (int row = -reach; row <= reach; row++) {
      for (int column = -reach; column <= reach; column++) {
        disc(graphics, (column + (row & 1) * 0.5) * pitch, row * pitch, radius);
      }
    }
  }

  private static void grid(Graphics2D graphics, Random random, double pitch) {
    double width = pitch * (0.12 + 0.12 * random.nextDouble());
    int reach = (int) (REACH / pitch) + 1;
    for (int line = -reach; line <= reach; line++) {
      graphics.fill(new Rectangle2D.Double(line * pitch, -REACH, width, 2 * REACH));
      graphics.fill(new Rectangle2D.Double(-REACH, line * pitch, 2 * REACH, width));
    }
  }

  /** Dead leaves: discs of random size and tone that hide one another, without any background. */
  private static void leaves(
      Graphics2D graphics, Random random, double radius, Color foreground, Color background) {
    for (int leaf = 0; leaf < 900; leaf++) {
      double mix = random.nextDouble();
      graphics.setColor(
          new Color(
              mix(foreground.getRed(), background.getRed(), mix),
              mix(foreground.getGreen(), background.getGreen(), mix),
              mix(foreground.getBlue(), background.getBlue(), mix)));
      disc(
          graphics,
          REACH * (2 * random.nextDouble() - 1),
          REACH * (2 * random.nextDouble() - 1),
          radius * (0.3 + random.nextDouble()));
    }
  }

  private static void rings(Graphics2D graphics, Random random, double pitch) {
    graphics.setStroke(new BasicStroke((float) (pitch * (0.35 + 0.2 * random.nextDouble()))));
    for (double radius = pitch / 2; radius < 1.5 * REACH; radius += pitch) {
      graphics.draw(new Ellipse2D.Double(-radius, -radius, 2 * radius, 2 * radius));
    }
  }

  private static void stripes(Graphics2D graphics, Random random, double pitch) {
    double width = pitch * (0.35 + 0.3 * random.nextDouble());
    for (double x = -REACH; x < REACH; x += pitch) {
      graphics.fill(new Rectangle2D.Double(x, -REACH, width, 2 * REACH));
    }
  }

  private static void waves(Graphics2D graphics, Random random, double pitch) {
    graphics.setStroke(new BasicStroke((float) (pitch * (0.3 + 0.15 * random.nextDouble()))));
    double amplitude = pitch * (0.5 + 0.3 * random.nextDouble());
    double length = pitch * (2 + random.nextDouble());
    for (double y = -REACH; y < REACH; y += pitch) {
      Path2D wave = new Path2D.Double();
      wave.moveTo(-REACH, y);
      for (double x = -REACH; x < REACH; x += 3) {
        wave.lineTo(x, y + amplitude * Math.sin(2 * Math.PI * x / length));
      }
      graphics.draw(wave);
    }
  }

  private static Path2D star(double radius) {
    return polygon(10, corner -> corner % 2 == 0 ? radius : 0.4 * radius);
  }

  private static Path2D triangle(double radius) {
    return polygon(3, corner -> radius);
  }

  private static Path2D polygon(int corners, IntToDoubleFunction radius) {
    Path2D path = new Path2D.Double();
    for (int corner = 0; corner < corners; corner++) {
      double angle = 2 * Math.PI * corner / corners;
      double x = radius.applyAsDouble(corner) * Math.cos(angle);
      double y = radius.applyAsDouble(corner) * Math.sin(angle);
      if (corner == 0) {
        path.moveTo(x, y);
      } else {
        path.lineTo(x, y);
      }
    }
    path.closePath();
    return path;
  }

  private static void disc(Graphics2D graphics, double x, double y, double radius) {
    graphics.fill(new Ellipse2D.Double(x - radius, y - radius, 2 * radius, 2 * radius));
  }

  private static int mix(int first, int second, double share) {
    return (int) Math.round(first + (second - first) * share);
  }
}
