"""Functions of packages on PyPI, called as they are, and arguments for them.

They were chosen for what they are made of: scalar code with `math`, preludes that validate and convert, defaults
of None, strings that choose a formula, loops over lists and tables, objects, closures, arrays written in place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

X = np.linspace(-1.0, 1.0, 5)
P = np.array([0.1, 0.4, 0.7, 0.9, 1.3])
Q4 = (np.array([0.3, -0.7, 0.5, 0.9]), np.array([1.1, 0.2, -0.4, 0.6]))


@dataclass(frozen=True)
class Published:
    path: str
    args: tuple[Any, ...]

    @property
    def package(self) -> str:
        return self.path.split(".")[0]


def _all(prefix: str, **functions: tuple[Any, ...]) -> list[Published]:
    return [Published(f"{prefix}.{name}", args) for name, args in functions.items()]


FUNCTIONS = [
    *_all(
        "psychrolib",
        GetSatVapPres=(25.0,),
        GetHumRatioFromRelHum=(25.0, 0.5, 101325.0),
        GetMoistAirEnthalpy=(25.0, 0.01),
        GetMoistAirDensity=(25.0, 0.01, 101325.0),
        GetStandardAtmPressure=(1000.0,),
        GetTDewPointFromVapPres=(25.0, 1500.0),
    ),
    *_all(
        "fluids.friction",
        Clamond=(1e5, 1e-4),
        Swamee_Jain_1976=(1e5, 1e-4),
        Haaland=(1e5, 1e-4),
        Churchill_1977=(1e5, 1e-4),
        friction_factor=(1e5, 1e-4),
    ),
    *_all("fluids.drag", Stokes=(0.1,), Barati=(200.0,), Clift=(200.0,), drag_sphere=(200.0,)),
    *_all(
        "fluids.two_phase",
        Lockhart_Martinelli=(0.6, 0.1, 915.0, 2.67, 180e-6, 14e-6, 0.05, 1.0),
        Friedel=(0.6, 0.1, 915.0, 2.67, 180e-6, 14e-6, 0.0487, 0.05, 1e-5, 1.0),
    ),
    *_all("fluids.fittings", bend_rounded_Crane=(0.402, 5.0, 30.0), contraction_sharp=(1.0, 0.4)),
    *_all("fluids.numerics", horner=([1.0, 3.0, 2.0], 5.0), chebval=(0.3, [1.0, 3.0, 2.0, 0.5])),
    *_all("fluids.packed_bed", Ergun=(8e-4, 0.4, 1e3, 1e-3, 1e-3)),
    *_all(
        "chemicals.vapor_pressure",
        Antoine=(100.0, 8.7687, 395.744, -6.469),
        Wagner=(133.0, 190.564, 4.596e6, -6.0, 1.4, -0.6, -1.0),
        Lee_Kesler=(347.2, 617.1, 36e5, 0.299),
    ),
    *_all(
        "chemicals.viscosity",
        Lucas=(300.0, 500e5, 572.2, 34.7e5, 0.236, 0.0, 0.00068),
        Herning_Zipperer=([0.5, 0.25, 0.25], [1.78e-5, 1.12e-5, 9.35e-6], [28.0, 16.0, 30.0]),
    ),
    *_all(
        "chemicals.volume",
        Rackett=(272.03889, 369.83, 4248000.0, 0.2763),
        COSTALD=(272.03889, 369.83333, 0.20008161e-3, 0.1532),
    ),
    *_all(
        "chemicals.rachford_rice",
        Rachford_Rice_flash_error=(0.5, [0.5, 0.3, 0.2], [1.685, 0.742, 0.532]),
    ),
    *_all("chemicals.virial", BVirial_Pitzer_Curl=(510.0, 425.2, 38e5, 0.193)),
    *_all("chemicals.interface", Brock_Bird=(293.15, 404.75, 633.0, 4530000.0)),
    *_all("chemicals.utils", mixing_simple=([0.1, 0.9], [0.01, 0.02])),
    *_all("ht.core", LMTD=(100.0, 60.0, 30.0, 40.2)),
    *_all("ht.conv_internal", turbulent_Gnielinski=(1e5, 1.2, 0.02)),
    *_all("ht.conv_external", Nu_cylinder_Churchill_Bernstein=(6071.0, 0.7)),
    *_all("ht.conv_free_immersed", Nu_vertical_plate_Churchill=(0.69, 2.63e9)),
    *_all(
        "ht.boiling_nucleic",
        Rohsenow=(957.8, 0.5956, 2.79e-4, 0.68, 2.257e6, 4217.0, 0.0589, 4.9, 0.011, 1.26),
    ),
    *_all(
        "iapws._iapws",
        _Viscosity=(998.0, 298.15),
        _ThCond=(998.0, 298.15),
        _Tension=(300.0,),
        _Dielectric=(999.242866, 298.15),
    ),
    *_all(
        "iapws.iapws97",
        _PSat_T=(300.0,),
        _TSat_P=(3.0,),
        _h_3ab=(25.0,),
        _Region1=(300.0, 3.0),
        _Region2=(700.0, 30.0),
        _Backward1_T_Ph=(3.0, 500.0),
    ),
    *_all(
        "seawater.eos80", dens0=(35.0, 10.0), svel=(35.0, 10.0, 100.0), pden=(35.0, 10.0, 1000.0)
    ),
    *_all("transforms3d.quaternions", qmult=Q4, quat2mat=Q4[:1], rotate_vector=(X[:3], Q4[0])),
    *_all("transforms3d.euler", euler2mat=(0.1, 0.2, 0.3), euler2quat=(0.1, 0.2, 0.3, "ryxz")),
    *_all("transforms3d.axangles", axangle2mat=(Q4[0][:3], 0.3)),
    *_all("haversine.haversine", haversine=((45.7, 4.8), (48.8, 2.3))),
    *_all("utm", to_latlon=(340000.0, 5710000.0, 32, "U")),
    *_all("pymap3d.ecef", geodetic2ecef=(42.0, -82.0, 200.0)),
    *_all("pymap3d.enu", enu2aer=(10.0, 20.0, 30.0)),
    *_all("pymap3d.aer", aer2enu=(33.0, 70.0, 1000.0)),
    *_all("pymap3d.latitude", geodetic2geocentric=(42.0, 100.0)),
    *_all(
        "lmfit.lineshapes",
        gaussian=(X, 1.0, 0.1, 0.5),
        lorentzian=(X, 1.0, 0.1, 0.5),
        pvoigt=(X, 1.0, 0.1, 0.5, 0.4),
        moffat=(X, 1.0, 0.1, 0.5, 1.2),
        breit_wigner=(X, 1.0, 0.1, 0.5, 1.2),
        damped_oscillator=(P, 1.0, 1.1, 0.1),
        doniach=(X, 1.0, 0.1, 0.5, 0.2),
        split_lorentzian=(X, 1.0, 0.1, 0.5, 0.7),
        sine=(P, 1.0, 0.7, 0.1),
        parabolic=(P, 1.0, 0.7, 0.1),
        powerlaw=(P, 1.0, 0.7),
    ),
    *_all(
        "deap.benchmarks",
        sphere=([0.3, 0.7],),
        rosenbrock=([0.3, 0.7, 0.2],),
        ackley=([0.3, 0.7],),
        griewank=([0.3, 0.7],),
        rastrigin=([0.3, 0.7],),
        rastrigin_skew=([0.3, 0.7],),
        schaffer=([0.3, 0.7],),
        himmelblau=([0.3, 0.7],),
        zdt1=([0.3, 0.7, 0.2],),
        dtlz1=([0.3, 0.7, 0.2], 2),
        fonseca=([0.3, 0.7, 0.2],),
        shekel=([0.3, 0.7], [[0.2, 0.1], [0.4, 0.5]], [0.1, 0.3]),
    ),
    *_all(
        "numpy_financial",
        fv=(0.05 / 12, 120.0, -100.0, -100.0),
        pmt=(0.075 / 12, 180.0, 200000.0),
        pv=(0.05 / 12, 120.0, -100.0, 15692.0),
        npv=(0.08, np.array([-100.0, 39.0, 59.0, 55.0])),
    ),
    *_all(
        "skfuzzy.membership",
        gaussmf=(P, 0.5, 0.2),
        gbellmf=(P, 0.3, 2.0, 0.5),
        sigmf=(P, 0.3, 2.0),
    ),
    *_all(
        "rowan.functions",
        multiply=Q4,
        divide=Q4,
        rotate=(Q4[0] / np.linalg.norm(Q4[0]), np.array([0.3, -0.2, 0.9])),
        exp=Q4[:1],
        log=Q4[:1],
        normalize=(np.stack(Q4),),
        from_axis_angle=(np.array([0.0, 0.6, 0.8]), 0.7),
    ),
    *_all(
        "vg.core",
        normalize=(np.array([[0.3, -0.7, 0.5], [0.9, 1.1, 0.2]]),),
        project=(np.array([0.3, -0.7, 0.5]), np.array([0.9, 1.1, 0.2])),
        reject=(np.array([0.3, -0.7, 0.5]), np.array([0.9, 1.1, 0.2])),
        perpendicular=(np.array([0.3, -0.7, 0.5]), np.array([0.9, 1.1, 0.2])),
    ),
    *_all(
        "thermofeel.thermofeel",
        calculate_utci_polynomial=(25.0 + X, 3.0 + 0.1 * X, 2.0 + X, 1.5 + 0.2 * X),
        calculate_relative_humidity_percent=(300.0 + X, 290.0 - X),
        calculate_wbgt_simple=(300.0 + X, 60.0 + 5.0 * X),
        calculate_humidex=(300.0 + X, 290.0 - X),
        calculate_apparent_temperature=(300.0 + X, 3.0 + X, 60.0 + 5.0 * X),
    ),
    *_all("filterpy.stats", gaussian=(1.0, 0.2, 0.5), mul=(1.0, 0.2, 0.5, 0.3)),
    *_all("filterpy.kalman", predict=(Q4[0][:2], np.eye(2), np.eye(2), 0.1)),
]
