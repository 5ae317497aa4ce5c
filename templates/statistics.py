"""Python's statistics, of the array of the numbers that they are given."""

import statistics

import numpy as np

from s2sad.rules import rule


@rule(statistics.mean, linear_in="x", shape="scalar")
def mean(x):
    y = statistics.mean(x)
    x_bar += np.broadcast_to(y_bar / len(x), np.shape(x))


@rule(statistics.fmean, linear_in="x", shape="float")
def fmean(x):
    y = statistics.fmean(x)
    x_bar += np.broadcast_to(y_bar / len(x), np.shape(x))


@rule(statistics.variance, shape="scalar")
def variance(x):
    y = statistics.variance(x)
    y_dot = np.sum((x - np.mean(x)) * x_dot) * (2.0 / (len(x) - 1))
    x_bar += (x - np.mean(x)) * (2.0 / (len(x) - 1) * y_bar)


@rule(statistics.pvariance, shape="scalar")
def pvariance(x):
    y = statistics.pvariance(x)
    y_dot = np.sum((x - np.mean(x)) * x_dot) * (2.0 / len(x))
    x_bar += (x - np.mean(x)) * (2.0 / len(x) * y_bar)


@rule(statistics.stdev, shape="scalar")
def stdev(x):
    y = statistics.stdev(x)
    y_dot = np.sum((x - np.mean(x)) * x_dot) / ((len(x) - 1) * y)
    x_bar += (x - np.mean(x)) * (y_bar / ((len(x) - 1) * y))


@rule(statistics.pstdev, shape="scalar")
def pstdev(x):
    y = statistics.pstdev(x)
    y_dot = np.sum((x - np.mean(x)) * x_dot) / (len(x) * y)
    x_bar += (x - np.mean(x)) * (y_bar / (len(x) * y))
